"""The guide builds without a network, is whole, and names nothing that does not exist."""

import json
import os
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted((PROJECT / "docs").glob("*.md"))
TEXTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", PROJECT / "config" / "README.md", *PAGES]
TAKEN = {"options.md", "contributing.md"}  # pages that are read from elsewhere
every_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(PROJECT)))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide") / "site"
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=PROJECT,
        env={**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_built_and_in_the_navigation(site):
    navigation = yaml.safe_load(re.search(r"^nav:\n(?:[ #].*\n)+", (PROJECT / "mkdocs.yml").read_text(), re.M).group())
    parts = [part for entry in navigation["nav"] for part in entry.values()]
    entries = [entry for part in parts for entry in ([{"": part}] if isinstance(part, str) else part)]
    named = [name for entry in entries for name in entry.values()]
    assert sorted(named) == sorted({page.name for page in PAGES} | TAKEN)
    assert {name.replace(".md", ".html") for name in named} <= {path.name for path in site.glob("*.html")}


class Loaded(HTMLParser):
    """Addresses that a browser fetches by itself."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        names = ("src", "srcset", "data", "poster")
        if tag == "link" and attributes.get("rel") not in ("canonical", "prev", "next"):
            names += ("href",)
        self.found += [attributes[name] for name in names if attributes.get(name)]


def test_no_page_loads_anything_from_elsewhere(site):
    for page in site.glob("*.html"):
        loaded = Loaded(page).found
        assert loaded
        assert not [address for address in loaded if re.match(r"([a-z]+:)?//", address)], page.name
        own = [re.split("[?#]", address)[0].lstrip("/") for address in loaded if not address.startswith("data:")]
        assert not [address for address in own if not (site / address).is_file()], page.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?\s*(https?:)?//", sheet.read_text()), sheet.name


def test_search_has_its_index_in_the_guide(site):
    index = json.loads((site / "search" / "search_index.json").read_text())
    assert {"rejections.html", "options.html"} <= {page["location"] for page in index["docs"]}


def test_search_works_in_pages_that_are_opened_as_files(site):
    """Browsers neither fetch nor start a worker there: the index is a script, and a frame stands in for the worker."""
    script = (site / "search" / "search_index.js").read_text()
    index = (site / "search" / "search_index.json").read_text()
    assert json.loads(script.removeprefix("var __index = ")) == json.loads(index)
    (bundle,) = (site / "assets" / "javascripts").glob("bundle.*.min.js")
    code = bundle.read_text()
    assert "new Worker(" in code
    assert re.search(r'location\.protocol==="file:"\?\w+\(`\$\{new URL\("search/search_index\.js"', code)
    for page in site.glob("*.html"):
        if page.name != "404.html":
            loaded = Loaded(page).found
            assert loaded.index("assets/iframe-worker.js") < loaded.index(f"assets/javascripts/{bundle.name}")


def test_links_to_files_outside_the_guide_lead_to_their_pages(site):
    assert 'href="options.html"' in (site / "rppg.html").read_text()
    assert 'href="contributing.html"' in (site / "index.html").read_text()
    for page in site.glob("*.html"):
        assert not re.search(r'href="[^":]*\.md["#]', page.read_text()), page.name


@every_text
def test_relative_links_lead_to_files_on_a_code_host_too(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if not re.match(r"[a-z]+:", target) and not target.startswith("#"):
            assert (path.parent / target.split("#")[0]).exists(), target


@every_text
def test_every_command_and_option_of_cuffless_exists(path, read, cuffless_commands):
    for line in read(path).commands():
        words = shlex.split(line.split("|")[0], comments=True) if line.startswith("cuffless ") else []
        if len(words) > 1 and re.fullmatch("[a-z]+", words[1]):
            assert words[1] in cuffless_commands, line
            given = {word.split("=")[0] for word in words if word.startswith("--")}
            assert given <= cuffless_commands[words[1]] | {"--help"}, line


@every_text
def test_every_make_target_exists(path, read):
    targets = set(re.findall(r"^([a-z0-9-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    for line in read(path).commands():
        words = line.split()
        if words[:1] == ["make"] and len(words) > 1 and "=" not in words[1]:
            assert words[1] in targets, line


@pytest.fixture(scope="module")
def options(read):
    """Sections of the configuration, and options as ``section.option``."""
    found, name = set(), ""
    for line in read(PROJECT / "config" / "README.md").text.splitlines():
        if heading := re.match(r"## ([\w.]+)", line):
            name = heading.group(1)
            found.add(name)
        elif row := re.match(r"\| `(\w+)` \|", line):
            found.add(f"{name}.{row.group(1)}")
    return found


@every_text
def test_every_option_exists(path, read, options):
    sections = {name.split(".")[0] for name in options}
    for span in read(path).spans():
        name = re.match(r"([a-z]\w*)(\.[a-z_]\w*)+(?=$|:| )", span)
        if name and name.group(1) in sections and not re.search(r"\.(csv|md|json|yaml|parquet|smk)$", name.group()):
            assert name.group().removesuffix(".named") in options, span
