"""Many processes at once for the start of one: forks of an interpreter that has no threads, as the test's own may."""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"


def in_forks(number: int, code: str, *arguments: object) -> list[int]:
    """Run code that defines ``work(which)`` and may read ``sys.argv``, then call it in forks that begin together.

    Gives the exit status of each; what they say is shown with a test that fails.
    """
    done = subprocess.run(
        [sys.executable, __file__, str(number), code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    number, code = int(sys.argv[1]), sys.argv[2]
    sys.argv = ["-c", *sys.argv[3:]]
    names: dict = {}
    exec(compile(code, "forks", "exec"), names)
    hold, go = os.pipe()
    children = []
    for which in range(number):
        child = os.fork()
        if not child:
            status = 1
            try:
                os.close(go)
                os.dup2(2, 1)
                os.read(hold, 1)  # until all are there
                names["work"](which)
                status = 0
            except SystemExit as error:
                status = error.code or 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(status)
        children.append(child)
    os.close(go)
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]))


if __name__ == "__main__":
    main()
