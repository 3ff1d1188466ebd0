"""Mistakes of a file, before any option is looked at: one line that names the file, what is wrong and the remedy."""

import os

import pytest

from cuffless.config import ConfigError, load_config, read_config, yaml_files


def said(tmp_path, content):
    path = tmp_path / "study.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as told:
        load_config(path)
    text = str(told.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert len(text) < len(str(path)) + 300
    return text


def test_another_encoding(tmp_path):
    text = said(tmp_path, "# a\nstudy:\n  dataset: Müller\n".encode("latin-1"))
    assert "line 3 is not UTF-8 (byte 0xfc); save the file as UTF-8" in text


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_deep_nesting(tmp_path, brackets):
    left, right = brackets
    assert "nested too deeply" in said(tmp_path, "a: " + f"{left} b: "[: 1 if left == "[" else 5] * 3000 + right * 3000)


@pytest.mark.parametrize(("value", "why"), [("9" * 6000, "4300 digits"), ("2024-13-45", "month must be in 1..12")])
def test_numbers_and_dates_that_cannot_be(tmp_path, value, why):
    text = said(tmp_path, f"study: {{seeds: [{value}]}}")
    assert why in text
    assert "set_int_max_str_digits" not in text


@pytest.mark.parametrize("value", ["!!bool abc", "!!int ''", "!!timestamp x"])
def test_values_that_their_tags_do_not_fit(tmp_path, value):
    assert "a value does not match its tag (!!); remove the tag" in said(tmp_path, f"study: {value}")


def test_a_key_that_stands_twice_names_both_lines(tmp_path):
    text = said(tmp_path, "study: {dataset: a}\nwindows:\n  snr_db: 1\n  length: 7\n  snr_db: 2\n")
    assert "snr_db is given on lines 3 and 5; keep one of them" in text


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "study.yaml")
    with pytest.raises(ConfigError, match="is not a file"):
        load_config(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    ("section", "said_of_it"),
    [
        (f"simulator: {{subjects: {'9' * 4000}}}", "subjects: 9"),
        (f"simulator: {{subjects: 0x{'f' * 9000}}}", "subjects: a number of thousands of digits is not allowed"),
        (f"training: {{epochs: {10**13}}}", "whole numbers may not exceed 10^12"),
        (f"study: {{seeds: [0, {10**13}]}}", "whole numbers may not exceed 10^12"),
        ("simulator: {subjects: 1000000}", "less than or equal to 999999"),
        ("simulator: {minutes: .inf}", "finite number"),
        ("simulator: {minutes: .nan}", "simulator.minutes: nan is not allowed"),
        (f"splits: {{named: {{m{'x' * 300}: {{kind: mixed}}}}}}", "at most 60 characters"),
        ("datasets: {tiny: r}", "datasets.tiny: 'r' is not allowed"),
    ],
)
def test_values_that_are_beyond_every_use(tmp_path, section, said_of_it):
    (tmp_path / "study.yaml").write_text(section)
    with pytest.raises(ConfigError) as told:
        load_config(tmp_path / "study.yaml")
    assert said_of_it in str(told.value)
    assert max(map(len, str(told.value).splitlines())) < 300


@pytest.mark.parametrize("last", ["d: [*c, *c, *c]", "d: {<<: [*m, *m, *m]}"])
def test_aliases_that_stand_for_too_much_are_never_expanded(tmp_path, monkeypatch, last):
    monkeypatch.setattr(yaml_files, "MOST_VALUES", 60)
    aliases = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b]\nm: &m {x: *b}\n"
    assert "aliases (*) expand to more than 60 values" in said(tmp_path, aliases + last)


@pytest.mark.parametrize("text", ["networks: &n {x: *n}", "a: &a [*a]"])
def test_an_alias_inside_what_it_stands_for(tmp_path, text):
    assert "refers to a value that contains it; write the values out" in said(tmp_path, text)


def test_a_file_that_is_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(yaml_files, "MOST_BYTES", 1000)
    assert "is larger than 0.001 MB" in said(tmp_path, "# a comment\n" * 100)


def test_aliases_are_welcome(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "\ufeffwindows: &w {snr_db: -3}\nwindowings: {main: *w, other: {<<: *w, length: 9}}\n", encoding="utf-8"
    )
    assert load_config(path).windowings["other"].snr_db == -3


def test_what_snakemake_has_read_may_not_stand_in_itself():
    raw = {}
    raw["simulator"] = raw
    with pytest.raises(ConfigError) as told:
        read_config({"datasets": {"a": {"simulator": raw}}, "simulator": raw})
    assert "\n" not in str(told.value) or "cannot be used" in str(told.value)
