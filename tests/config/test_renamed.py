"""Old names are read for one minor version, with a warning that gives the new one."""

import pytest

import cuffless
from cuffless.config import ConfigError, read_config
from cuffless.config import renamed as names
from cuffless.config.renamed import Renamed, RenamedWarning, current_keys

KEY = Renamed("windows.least_snr", "windows.snr_db", "0.2")
BLOCK = Renamed("windowings.*.least_snr", "windowings.*.snr_db", "0.2")


def test_an_old_key_is_read_with_a_warning_that_gives_the_new_one():
    raw = {"windows": {"length": 5, "least_snr": -3}, "study": {}}
    with pytest.warns(
        RenamedWarning, match=r"'windows.least_snr' is now called 'windows.snr_db'; rename the key. .* in 0\.3\.0"
    ):
        current = current_keys(raw, [KEY])
    assert current == {"windows": {"length": 5, "snr_db": -3}, "study": {}}
    assert raw["windows"] == {"length": 5, "least_snr": -3}
    assert read_config(current).windowings["main"].snr_db == -3


def test_an_old_key_is_read_in_every_named_block():
    raw = {"windowings": {"main": {"least_snr": -3}, "half": {"overlap": 0.5}, "empty": None}}
    with pytest.warns(RenamedWarning, match=r"'windowings.main.least_snr' is now called 'windowings.main.snr_db'"):
        current = current_keys(raw, [KEY, BLOCK])
    assert current == {"windowings": {"main": {"snr_db": -3}, "half": {"overlap": 0.5}, "empty": None}}


def test_a_whole_section_may_be_renamed():
    with pytest.warns(RenamedWarning, match="'cutting' is now called 'windows'; rename the key"):
        assert current_keys({"cutting": {"length": 5}}, [Renamed("cutting", "windows", "0.2")]) == {
            "windows": {"length": 5}
        }


def test_an_old_key_beside_its_new_one_is_a_mistake():
    with pytest.raises(ConfigError, match=r"^windows.least_snr: renamed to windows.snr_db, and both are given; remove"):
        current_keys({"windows": {"least_snr": -3, "snr_db": -7}}, [KEY])


def test_configurations_are_read_with_the_names_of_the_table(monkeypatch):
    monkeypatch.setattr(names.current_keys, "__defaults__", ((KEY,),))
    with pytest.warns(RenamedWarning):
        assert read_config({"windows": {"least_snr": -3}}).windows.snr_db == -3


def test_an_old_name_lives_for_one_minor_version():
    assert [KEY.expired(version) for version in ("0.2.0", "0.2.9", "0.3.0", "1.0.0")] == [False, False, True, True]
    assert not [one for one in names.KEYS if one.expired(cuffless.__version__)]
