#!/usr/bin/env bash
# Resolve the dependencies of pyproject.toml anew, for all supported systems and Pythons, without registry hosts.
set -euo pipefail
bin=${1:-.venv/bin}
options=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --upgrade)
"$bin/uv" pip compile pyproject.toml --group dev "${options[@]}" -o envs/requirements.lock
echo uv | "$bin/uv" pip compile - "${options[@]}" -o envs/bootstrap.lock
"$bin/python" envs/conda.py
