from cuffless.provenance import code_digest


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
