#!/usr/bin/env bash
# Resolve the dependencies of pyproject.toml for all supported systems and Pythons; locks name no registry hosts.
# A second argument, keep, keeps existing pins and adds only what is new.
set -euo pipefail
bin=${1:-.venv/bin}
options=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet)
[ "${2:-}" = keep ] || options+=(--upgrade)
study=(pyproject.toml --group dev "${options[@]}")
"$bin/uv" pip compile "${study[@]}" -o envs/requirements.lock
# The same versions, plus what TensorFlow needs for Nvidia GPUs; plus JAX; plus both and what JAX needs for Nvidia GPUs.
for extra in gpu jax jax-gpu; do
    pinned=(--constraint envs/requirements.lock)
    [ "$extra" != jax-gpu ] || pinned=(--constraint envs/requirements-gpu.lock --constraint envs/requirements-jax.lock)
    "$bin/uv" pip compile "${study[@]}" --extra "$extra" "${pinned[@]}" -o "envs/requirements-$extra.lock"
done
echo uv | "$bin/uv" pip compile - "${options[@]}" -o envs/bootstrap.lock
"$bin/python" envs/derive.py
