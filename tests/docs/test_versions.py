"""One version everywhere, and a changelog that has its section."""

import re
import tomllib

import pytest
import yaml

import cuffless


@pytest.fixture(scope="module")
def version(project):
    return tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"]


def test_package_project_and_citation_have_the_same_version(project, version):
    assert cuffless.__version__ == version
    assert yaml.safe_load((project / "CITATION.cff").read_text())["version"] == version


def test_the_changelog_starts_with_what_is_unreleased_and_has_this_version(project, version):
    sections = re.findall(r"^## \[([^\]]+)\]", (project / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert sections[0] == "Unreleased"
    assert ".dev" in version or version in sections
