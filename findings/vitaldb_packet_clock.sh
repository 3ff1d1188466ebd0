#!/usr/bin/env bash
# What: vitaldb's to_numpy places each packet of a wave by its own time stamp, so a clock that jitters by two samples
#   loses samples and leaves holes, although nothing is missing in the file.
# Version: vitaldb 1.7.2 (PyPI), Python 3.11.
# Behaviour: five packets of 100 samples at 100 Hz have the stamps 0, 1.02, 1.98, 3.02 and 4 s (typical jitter of host
#   clocks). Where a packet seems late, samples become NaN; where one seems early, the last samples of the previous
#   packet are overwritten.
# Output seen:
#   500 samples stored; 5 holes (NaN), 5 samples overwritten
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check vitaldb==1.7.2
cat > clock.py <<'PY'
import numpy as np
import vitaldb

START = 1_600_000_000.0
file = vitaldb.VitalFile()
file.dtstart, file.dtend = START, START + 5
stamps = (0.0, 1.02, 1.98, 3.02, 4.0)
recs = [
    {"dt": START + stamp, "val": np.arange(100 * k, 100 * k + 100, dtype=np.float32)} for k, stamp in enumerate(stamps)
]
file.add_track("Monitor/PLETH", recs, srate=100)
file.to_vital("a.vital", packed=False)
read = vitaldb.VitalFile("a.vital")
stored = np.concatenate([rec["val"] for rec in read.trks["Monitor/PLETH"].recs])
wave = read.to_numpy(["Monitor/PLETH"], 1 / 100)[:, 0]
holes = int(np.isnan(wave).sum())
lost = len(set(stored.tolist()) - set(wave[np.isfinite(wave)].tolist()))
print(f"{len(stored)} samples stored; {holes} holes (NaN), {lost} samples overwritten")
assert len(stored) == 500 and holes > 0 and lost > 0
PY
venv/bin/python clock.py
