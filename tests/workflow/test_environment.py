import re
import tomllib

import pytest
import yaml
from module_files import load_module


@pytest.fixture(scope="module")
def derive(project):
    return load_module(project / "envs" / "derive.py")


@pytest.fixture(scope="module")
def locks(project, derive):
    """Pins of both locks: {(name, marker): version}."""

    def read(name):
        return {(n, m): v for n, v, m in derive.pins((project / "envs" / name).read_text())}

    return read("requirements.lock"), read("requirements-gpu.lock")


def test_what_follows_from_the_locks_is_in_step_with_them(project, derive):
    derived = derive.derived()
    assert set(derived) == {"cuffless.yaml", "cuffless.def", "cuffless-gpu.def"}
    for name, text in derived.items():
        assert (project / "envs" / name).read_text() == text, f"{name}: run make lock"


def test_every_locked_package_is_read_from_the_lock(project, locks):
    for name, pinned in zip(("requirements.lock", "requirements-gpu.lock"), locks, strict=True):
        starts = re.findall(r"^[A-Za-z]", (project / "envs" / name).read_text(), flags=re.MULTILINE)
        assert len(starts) == len(pinned) > 100


def test_the_gpu_lock_holds_the_same_versions_and_nvidias_libraries(locks):
    cpu, gpu = locks
    assert {key: version for key, version in gpu.items() if key in cpu} == cpu
    added = set(gpu) - set(cpu)
    assert all(name.startswith("nvidia-") for name, _ in added)
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= {name for name, _ in added}
    assert all("sys_platform == 'linux'" in marker and "x86_64" in marker for _, marker in added)


def test_the_conda_environment_has_the_locks_pins(project, locks):
    environment = yaml.safe_load((project / "envs" / "cuffless.yaml").read_text())
    listed = environment["dependencies"][-1]["pip"]
    assert sorted(listed) == sorted(f"{n}=={v}{f' ; {m}' if m else ''}" for (n, m), v in locks[0].items())
    supported = tomllib.loads((project / "pyproject.toml").read_text())["project"]["requires-python"]
    assert f"python {supported}" in environment["dependencies"]


def test_containers_install_a_lock_with_its_hashes(project):
    for lock, definition in (("requirements.lock", "cuffless.def"), ("requirements-gpu.lock", "cuffless-gpu.def")):
        text = (project / "envs" / definition).read_text()
        assert f"    envs/{lock} /opt/cuffless/{lock}" in text
        assert f"--require-hashes --requirement /opt/cuffless/{lock}" in text


def test_a_lock_that_changes_changes_the_container(derive):
    assert derive.container_definition("a==1", "x.lock") != derive.container_definition("a==2", "x.lock")


def test_every_rule_with_a_job_names_the_conda_environment(project):
    for path in (project / "workflow" / "rules").glob("*.smk"):
        for rule in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            if re.search(r"^    (script|shell):", rule, flags=re.MULTILINE):
                assert '    conda:\n        "../../envs/cuffless.yaml"' in rule, rule.split(":")[0]


def test_locks_name_no_host(project):
    for path in (project / "envs").iterdir():
        if path.is_file():
            assert "://" not in path.read_text(), path.name


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-gpu.lock", "bootstrap.lock"])
def test_every_dependency_is_locked_with_hashes(project, name):
    text = (project / "envs" / name).read_text()
    blocks = re.split(r"\n(?=[A-Za-z])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)
