import subprocess
import sys

import pytest

from cuffless.provenance import _parse, code_digest


def make(folder, modules, script="from cuffless.a import f\n"):
    package = folder / "cuffless"
    package.mkdir(parents=True, exist_ok=True)
    for name, text in {"__init__": "", **modules}.items():
        (package / f"{name}.py").write_text(text)
    (folder / "script.py").write_text(script)
    # Files are remembered for the length of a run, so each version has a folder of its own.
    return code_digest(folder / "script.py", folder)


MODULES = {
    "a": "from cuffless.b import g\n\ndef f():\n    return g() + 1\n",
    "b": "def g():\n    return 1\n",
    "c": "x = 1\n",
}


def test_comments_docstrings_and_layout_do_not_count(tmp_path):
    base = make(tmp_path / "1", MODULES)
    told = MODULES | {"b": '"""Says."""\n\n\ndef g():\n    """Gives one."""\n    # one\n    return (1)\n'}
    assert make(tmp_path / "2", told) == base


def test_a_change_in_an_imported_module_counts_and_elsewhere_not(tmp_path):
    base = make(tmp_path / "1", MODULES)
    assert make(tmp_path / "2", MODULES | {"b": "def g():\n    return 2\n"}) != base
    assert make(tmp_path / "3", MODULES | {"c": "x = 2\n"}) == base
    assert make(tmp_path / "4", MODULES, script="from cuffless.a import f\nprint(f())\n") != base


def test_imports_inside_functions_count(tmp_path):
    late = {"a": "def f():\n    from cuffless.b import g\n    return g()\n", "b": "def g():\n    return 1\n"}
    base = make(tmp_path / "1", late)
    assert make(tmp_path / "2", late | {"b": "def g():\n    return 3\n"}) != base


def test_a_users_own_file_counts(tmp_path):
    make(tmp_path, MODULES)
    own = tmp_path / "own.py"
    own.write_text("depth = 1\n")
    first = code_digest(tmp_path / "script.py", tmp_path, (str(own),))
    assert first != code_digest(tmp_path / "script.py", tmp_path)


def test_what_a_users_file_imports_beside_it_counts(tmp_path):
    digests = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        make(folder, MODULES)
        (folder / "own.py").write_text("from helper import depth\n")
        (folder / "helper.py").write_text(f"depth = {number}\n")
        digests.append(code_digest(folder / "script.py", folder, (str(folder / "own.py"),)))
    assert digests[0] != digests[1]


def test_modules_that_are_reached_but_not_used_can_be_left_out(tmp_path):
    base = make(tmp_path / "1", MODULES)
    without = code_digest(tmp_path / "1" / "script.py", tmp_path / "1", (), ("cuffless.b",))
    assert without != base
    make(tmp_path / "2", MODULES | {"b": "def g():\n    return 2\n"})
    assert code_digest(tmp_path / "2" / "script.py", tmp_path / "2", (), ("cuffless.b",)) == without


def remembering(folder, memory):
    """Digest of a script by a process that remembers code, and how many texts it parsed."""
    code = (
        "import sys; from cuffless import provenance as p; parsed, parse = [], p._parse\n"
        "p._parse = lambda text: parsed.append(text) or parse(text); p.remember_code(sys.argv[2])\n"
        "print(p.code_digest(f'{sys.argv[1]}/script.py', sys.argv[1]), len(parsed))"
    )
    done = subprocess.run([sys.executable, "-c", code, folder, memory], stdout=subprocess.PIPE, text=True, check=True)
    digest, parsed = done.stdout.split()
    return digest, int(parsed)


def test_code_is_parsed_once_and_again_only_where_it_changed(tmp_path):
    base, memory = make(tmp_path / "1", MODULES), tmp_path / "notes" / "code.json"
    assert remembering(tmp_path / "1", memory) == (base, 4)
    assert remembering(tmp_path / "1", memory) == (base, 0)
    changed = make(tmp_path / "2", MODULES | {"b": "def g():\n    return 2\n"})
    assert remembering(tmp_path / "2", memory) == (changed, 1)


@pytest.mark.parametrize(
    "damage", [b"", b"\xff", b"[]", b"null", b'{"by": 1}', b'{"by": "an earlier version", "parsed": 1}']
)
def test_a_damaged_memory_of_code_or_one_of_another_version_is_replaced(damage, tmp_path):
    base, memory = make(tmp_path, MODULES), tmp_path / "code.json"
    memory.write_bytes(damage)
    assert remembering(tmp_path, memory) == (base, 4)
    assert remembering(tmp_path, memory) == (base, 0)


def test_where_no_memory_of_code_can_be_kept_it_is_parsed_each_time(tmp_path):
    base, blocked = make(tmp_path, MODULES), tmp_path / "blocked"
    blocked.touch()
    assert remembering(tmp_path, blocked / "code.json") == (base, 4)
    assert remembering(tmp_path, blocked / "code.json") == (base, 4)


@pytest.mark.parametrize(
    ("one", "other"),
    [("f([a], b)", "f([a, b])"), ("x = 1", "x = '1'"), ("x = None", "x"), ("def f(a, /): 0", "def f(a): 0")],
)
def test_code_that_differs_in_its_tree_alone_has_other_digests(one, other):
    assert _parse(one)[0] != _parse(other)[0]
