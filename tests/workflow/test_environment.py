import importlib.util
import re


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_conda_environment_has_the_locks_versions(project):
    lock = (project / "envs" / "requirements.lock").read_text()
    assert (project / "envs" / "cuffless.yaml").read_text() == load(project / "envs" / "conda.py").conda_environment(
        lock
    )
    pins = re.findall(r"^[\w.-]+==\S+", lock, flags=re.MULTILINE)
    assert len(pins) > 100


def test_locks_name_no_host(project):
    for path in (project / "envs").iterdir():
        if path.is_file():
            assert "://" not in path.read_text(), path.name


def test_every_dependency_is_locked_with_hashes(project):
    text = (project / "envs" / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[A-Za-z])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)
