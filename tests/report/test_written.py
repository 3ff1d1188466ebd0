import pytest

from cuffless.report.written import part_of_name


@pytest.mark.parametrize("sign", ["x", "é", "脈"])
def test_long_names_of_networks_and_splits_fit_into_a_files_name_and_stay_apart(sign):
    assert part_of_name("nonmixed/a b") == "nonmixed_a_b"
    names = [sign * 201, sign * 202]
    parts = [part_of_name(name) for name in names]
    assert len(set(parts)) == 2
    assert all(len(f".agreement_{part}_{part}.pdf".encode()) <= 235 for part in parts)
