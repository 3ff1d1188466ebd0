"""Pictures of README and guide: each is declared, shown with words, small, and made by the code as it is."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cuffless.rejection import RULES
from docs.made import pictures
from docs.made.pictures import DIGESTS, ELSEWHERE, IMAGES, PICTURES
from docs.made.rules import DISTURBANCES, SUBJECT, judge, plot_rule, signals_of

MOST_BYTES, MOST_IN_ALL = 150_000, 2_000_000
NAMES = [picture.name for picture in PICTURES]
every_picture = pytest.mark.parametrize("picture", PICTURES, ids=NAMES)


def shown_on(path):
    """Pictures on a page by name, with their words."""
    found = re.findall(r"!\[([^\]]*)\]\(\S*?images/(\w+)\.png\)", path.read_text(encoding="utf-8"))
    return {name: " ".join(alt.split()) for alt, name in found}


@every_picture
def test_a_picture_is_on_its_pages_with_its_words(project, picture):
    for page in picture.pages:
        assert shown_on(project / page)[picture.name] == picture.alt, "copy the words from docs/made/pictures.py"


@every_picture
def test_a_picture_was_made_by_the_code_as_it_is(picture):
    made = json.loads(DIGESTS.read_text())
    assert made[picture.name] == picture.digest(), "run `make pictures`"


def test_changed_code_of_a_figure_makes_its_picture_stale(tmp_path, monkeypatch):
    (tmp_path / "figure.py").write_text("LIMIT = 1\n")
    monkeypatch.setattr(pictures, "PROJECT", tmp_path)
    before = pictures.Picture("one", (), "", ("figure.py",)).digest()
    (tmp_path / "other.py").write_text("LIMIT = 2  # a remark\n")
    assert pictures.Picture("one", (), "", ("other.py",)).digest() != before


def test_a_digest_counts_figures_and_not_what_computes_their_numbers():
    left_out = pictures._not_of_figures()
    assert "cuffless.judgement.judge" in left_out
    assert not [name for name in left_out if name.startswith("cuffless.figures")]


def test_pictures_are_small_and_all_are_declared(project):
    files = sorted(IMAGES.glob("*.png"))
    assert {path.stem for path in files} == {*NAMES, *ELSEWHERE}
    assert [path.name for path in files if path.stat().st_size > MOST_BYTES] == []
    assert sum(path.stat().st_size for path in files) < MOST_IN_ALL
    assert len(set(NAMES)) == len(NAMES)
    shown = [shown_on(path) for path in (project / "README.md", *(project / "docs").glob("*.md"))]
    assert {name for page in shown for name in page} == {*NAMES, *ELSEWHERE}


@every_picture
def test_a_picture_is_no_wider_than_a_page_needs(picture):
    with Image.open(picture.path) as image:
        assert image.width <= pictures.MOST_WIDE
        assert image.mode == "P"


def test_the_words_say_that_people_are_simulated(project):
    for picture in PICTURES:
        assert "simulated" in picture.alt, picture.name


def test_a_picture_is_made_smaller_than_the_figure_it_is_a_copy_of(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "IMAGES", tmp_path)
    wide = Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 2000, 3), np.uint8))
    wide.save(tmp_path / "wide.png")
    one = pictures.Picture("small", (), "", (), result="wide.png")
    one.make(tmp_path)
    with Image.open(one.path) as image:
        assert image.size == (pictures.MOST_WIDE, 14)


def test_what_is_done_to_a_recording_makes_each_rule_reject_a_window():
    assert set(DISTURBANCES) == set(RULES)
    clean = signals_of(SUBJECT)
    assert set(judge(clean)[1]) == {"kept"}
    for rule in set(RULES) - {"missing"}:  # what runs into a gap is counted but has no measures
        assert rule in judge(DISTURBANCES[rule](*clean))[1], rule


def test_a_window_of_each_kind_is_marked(monkeypatch):
    figure = plot_rule("dbp")
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles[0].startswith("kept\n119/67 mmHg")
    assert titles[1].startswith("rejected: dbp\n149/97 mmHg")
    monkeypatch.setitem(DISTURBANCES, "snr", lambda ppg, abp: (ppg, abp))
    with pytest.raises(ValueError, match="no window is snr"):
        plot_rule("snr")


def test_every_page_that_is_looked_at_first_has_a_picture(project):
    pages = {page for picture in PICTURES for page in picture.pages}
    first = "tutorial rejections leakage own_records own_predictions own_network own_method rppg real_people"
    assert {"README.md", *(f"docs/{name}.md" for name in first.split())} == pages
    assert all(Path(project / page).is_file() for page in pages)
