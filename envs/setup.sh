#!/usr/bin/env bash
# Set up a virtual environment from a lock. Idempotent; an interrupted set-up continues where it stopped.
set -euo pipefail
venv=${1:-.venv}
lock=${2:-envs/requirements.lock}

suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

# A folder left by an interrupted set-up may contain a Python without pip.
if [ ! -x "$venv/bin/python" ] || ! suits "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    found=
    for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if command -v "$python" >/dev/null 2>&1 && suits "$python"; then found=$python; break; fi
    done
    if [ -z "$found" ]; then
        echo "No Python 3.11, 3.12 or 3.13 was found. Install one, or name it: make PYTHON=/path/to/python3.12" >&2
        exit 1
    fi
    echo "[1/4] Making $venv with $("$found" --version)"
    "$found" -m venv --clear "$venv" || {
        echo "Python cannot make a virtual environment here; on Debian and Ubuntu install python3-venv." >&2
        exit 1
    }
fi
export UV_LINK_MODE=copy PIP_DISABLE_PIP_VERSION_CHECK=1
echo "[2/4] Installing the installer"
fast=yes
"$venv/bin/python" -m pip install --quiet --require-hashes -r envs/bootstrap.lock || fast=
case $lock in
    *-jax-gpu.lock) size="9.4 GB on disk; for GPUs, 3.3 GB more to download" ;;
    *-gpu.lock) size="3.6 GB on disk and, for GPUs, 2.8 GB more to download, which unpack to more" ;;
    *-jax.lock) size="4 GB on disk; 1-3 minutes" ;;
    *) size="3.6 GB on disk; 1-3 minutes" ;;
esac
echo "[3/4] Installing the packages of $lock ($size)"
if [ -n "$fast" ]; then
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode \
        -r "$lock"
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
else
    echo "      uv is not to be had here; pip does it, more slowly"
    "$venv/bin/python" -m pip install --quiet --require-hashes -r "$lock"
    "$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
fi
# Whatever needs less than this lock has is ready too: a later set-up of it has nothing to do.
variant=$(basename "$lock" .lock)
variant=${variant#requirements}
touch "$venv/.ready" "$venv/.ready$variant"
case $variant in -jax-gpu) touch "$venv/.ready-jax" "$venv/.ready-gpu" ;; esac
echo "[4/4] Ready. To call snakemake and cuffless by name: source $venv/bin/activate"
