"""Every option is described, and read by a stage that the documentation names."""

import ast
import re
from collections import defaultdict

import pytest

from cuffless.config.documentation import SECTIONS, meanings, option_table

# What the models read themselves, as parts of the package take only what they make of it.
BY_MODELS = {"preset", "limits", "budget_windows", "budget_shares"}
# Passed on as a whole to a user's own network or source.
BY_USERS = {"parameters"}
# Read by Snakemake: the directive of all rules.
BY_SNAKEMAKE = {"container"}


@pytest.fixture(scope="module")
def readers(project):
    """Stages whose code reads an attribute, by its name."""
    found = defaultdict(set)
    source = project / "src" / "cuffless"
    for path in source.rglob("*.py"):
        stage = path.relative_to(source).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found[node.attr].add(stage)
    for path in (project / "workflow" / "rules").glob("*.smk"):
        for name in re.findall(r"\.(\w+)", path.read_text(encoding="utf-8")):
            found[name].add("workflow")
    return found


OPTIONS = [(section, name) for section in SECTIONS for name in section.model.model_fields]
IDS = [f"{section.title}: {name}" for section, name in OPTIONS]


@pytest.mark.parametrize(("section", "name"), OPTIONS, ids=IDS)
def test_every_option_is_described_and_read_by_a_stage_that_is_named(section, name, readers, project):
    description = meanings(section.model).get(name)
    assert description
    assert description.strip().endswith("."), "a sentence"
    if name in BY_SNAKEMAKE:
        assert f".{name}" in (project / "Snakefile").read_text()
    elif name not in BY_USERS:
        stages = {"config"} if name in BY_MODELS else set(section.readers)
        named_in_config = name in BY_MODELS and name in (project / "src/cuffless/config/stages.py").read_text()
        assert readers[name] & stages or named_in_config, f"read by {sorted(readers[name])}"


def test_every_reader_is_a_package_or_the_workflow(project):
    stages = {stage for section in SECTIONS for stage in section.readers} - {"workflow"}
    source = project / "src" / "cuffless"
    assert all((source / stage).is_dir() or (source / f"{stage}.py").is_file() for stage in stages)


def test_the_table_names_who_reads_a_section():
    part = option_table().partition("## simulator\n")[2]
    assert part.startswith("\nRead by simulator, workflow.\n\n| option |")
