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
    """Pins of every lock by its variant: {(name, marker): version}."""

    def read(variant):
        return {(n, m): v for n, v, m in derive.pins((project / "envs" / f"requirements{variant}.lock").read_text())}

    return {variant: read(variant) for variant in derive.VARIANTS}


def test_what_follows_from_the_locks_is_in_step_with_them(project, derive):
    derived = derive.derived()
    definitions = {"cuffless.def", "cuffless-gpu.def", "cuffless-jax.def", "cuffless-jax-gpu.def"}
    assert set(derived) == {"cuffless.yaml", "cuffless-jax.yaml"} | definitions
    for name, text in derived.items():
        assert (project / "envs" / name).read_text() == text, f"{name}: run make lock"


def test_every_locked_package_is_read_from_the_lock(project, locks):
    for variant, pinned in locks.items():
        text = (project / "envs" / f"requirements{variant}.lock").read_text()
        assert len(re.findall(r"^[A-Za-z]", text, flags=re.MULTILINE)) == len(pinned) > 100


def added(locks, variant, base):
    """Pins of a lock that its base does not have; those of the base must be the same."""
    assert {key: version for key, version in locks[variant].items() if key in locks[base]} == locks[base]
    return locks[variant].keys() - locks[base].keys()


def test_the_gpu_lock_holds_the_same_versions_and_nvidias_libraries(locks):
    libraries = added(locks, "-gpu", "")
    assert all(name.startswith("nvidia-") for name, _ in libraries)
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= {name for name, _ in libraries}
    assert all("sys_platform == 'linux'" in marker and "x86_64" in marker for _, marker in libraries)


def test_the_jax_lock_holds_the_same_versions_and_one_jax_for_every_python(locks):
    assert added(locks, "-jax", "") == {("jax", ""), ("jaxlib", "")}
    assert len({locks["-jax"][name, ""] for name in ("jax", "jaxlib")}) == 1


def test_the_jax_lock_for_gpus_holds_what_both_of_its_parts_hold_and_jaxs_libraries(locks):
    libraries = added(locks, "-jax-gpu", "-jax") & added(locks, "-jax-gpu", "-gpu")
    assert all(name.startswith(("nvidia-", "jax-cuda12-")) for name, _ in libraries)
    assert {"jax-cuda12-plugin", "jax-cuda12-pjrt"} <= {name for name, _ in libraries}
    assert all("sys_platform == 'linux'" in marker and "x86_64" in marker for _, marker in libraries)
    plugins = {locks["-jax-gpu"][key] for key in libraries if key[0].startswith("jax-")}
    assert plugins == {locks["-jax"]["jax", ""]}


@pytest.mark.parametrize("variant", ["", "-jax"])
def test_the_conda_environments_have_their_locks_pins(project, locks, variant):
    environment = yaml.safe_load((project / "envs" / f"cuffless{variant}.yaml").read_text())
    listed = environment["dependencies"][-1]["pip"]
    assert sorted(listed) == sorted(f"{n}=={v}{f' ; {m}' if m else ''}" for (n, m), v in locks[variant].items())
    supported = tomllib.loads((project / "pyproject.toml").read_text())["project"]["requires-python"]
    assert f"python {supported}" in environment["dependencies"]


def test_containers_install_a_lock_with_its_hashes(project, derive):
    for variant in derive.VARIANTS:
        lock = f"requirements{variant}.lock"
        text = (project / "envs" / f"cuffless{variant}.def").read_text()
        assert f"    envs/{lock} /opt/cuffless/{lock}" in text
        assert f"--require-hashes --requirement /opt/cuffless/{lock}" in text
        assert ("import jax, keras" in text) == ("jax" in variant)


def test_a_lock_that_changes_changes_the_container(derive):
    assert derive.container_definition("a==1", "") != derive.container_definition("a==2", "")


def test_every_rule_with_a_job_names_the_conda_environment(project):
    """And one that trains or runs networks the environment that has its backend."""
    of_networks = 0
    for path in (project / "workflow" / "rules").glob("*.smk"):
        for rule in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            own = rule.split("\nuse rule ")[0]
            if re.search(r"^    (script|shell):", own, flags=re.MULTILINE):
                runs = "code=network_code(" in own or "predict_recordings.py" in own
                named = "NETWORK_ENVIRONMENT" if runs else '"../../envs/cuffless.yaml"'
                assert f"    conda:\n        {named}\n" in own, own.split(":")[0]
                of_networks += runs
    assert of_networks == 5  # the external test predicts


def test_locks_name_no_host(project):
    for path in (project / "envs").iterdir():
        if path.is_file():
            assert "://" not in path.read_text(), path.name


def test_every_dependency_is_locked_with_hashes(project):
    paths = sorted((project / "envs").glob("*.lock"))
    assert len(paths) == 5
    for path in paths:
        blocks = re.split(r"\n(?=[A-Za-z])", path.read_text().strip())
        assert all("--hash=sha256:" in block for block in blocks), path.name
