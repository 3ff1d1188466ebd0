"""A figure's files are whole, the same each time, and carry their fonts."""

import re

import pandas as pd
import pytest

from cuffless.config import FigureOptions
from cuffless.figures import fonts
from cuffless.figures.paper.fig4 import plot_fig4
from cuffless.figures.style import save_figure, save_picture


@pytest.fixture
def figure():
    return plot_fig4(pd.Series([5, 40, 300]), 2000, FigureOptions(dpi=100))


def test_a_figure_is_written_as_pdf_and_png_of_the_asked_resolution(figure, tmp_path):
    import matplotlib.image

    save_figure(figure, tmp_path / "figures" / "fig4.pdf")
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"fig4.pdf", "fig4.png"}
    pixels = matplotlib.image.imread(tmp_path / "figures" / "fig4.png")
    assert pixels.shape[1] == pytest.approx(0.62 * 7.2 * 100, abs=1)


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        save_figure(plot_fig4(pd.Series([5, 40, 300]), 2000, FigureOptions(dpi=100)), tmp_path / f"{name}.pdf")
    for suffix in (".pdf", ".png"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
    assert b"CreationDate" not in (tmp_path / "one.pdf").read_bytes()


def test_fonts_are_embedded_as_outlines(figure, tmp_path):
    save_figure(figure, tmp_path / "fig.pdf")
    content = (tmp_path / "fig.pdf").read_bytes()
    assert re.search(rb"/FontFile2|/CIDFontType2", content)
    assert b"/Type3" not in content


def test_another_suffix_is_refused(figure, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.pdf"):
        save_figure(figure, tmp_path / "fig4.svg")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_a_single_picture_is_the_same_each_time_in_every_format(tmp_path, suffix):
    for name in ("one", "two"):
        save_picture(plot_fig4(pd.Series([5, 40, 300]), 2000, FigureOptions(dpi=100)), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@pytest.mark.parametrize("title", ["MAE −5 to 5 mmHg", "Slapničar"])
def test_letters_that_are_read_once_give_the_same_file_as_those_of_the_whole_font(tmp_path, monkeypatch, title):
    """The second title has a letter that is not among those read once."""

    def save(name):
        figure = plot_fig4(pd.Series([5, 40, 300]), 2000, FigureOptions(dpi=100))
        figure.suptitle(title)
        save_picture(figure, tmp_path / name)
        return (tmp_path / name).read_bytes()

    once = save("once.pdf")
    monkeypatch.setattr(fonts, "_LETTERS", frozenset())
    fonts._letters.cache_clear()
    whole = save("whole.pdf")
    fonts._letters.cache_clear()
    assert once == whole
