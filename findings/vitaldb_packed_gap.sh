#!/usr/bin/env bash
# What: a gap in a wave of integers, saved by vitaldb's to_vital (packed, its default), is read back as a measurement.
# Version: vitaldb 1.7.2 (PyPI), Python 3.11.
# Behaviour: a packed file fills gaps with the largest number of the wave's format (65535 for unsigned 16 bits), and
#   to_numpy converts it to physical units with gain and offset like any other sample: an arterial line that was off for
#   two seconds reads 4045.9 mmHg. The same track saved with packed=False reads NaN, as documented for gaps.
# Output seen:
#   packed=False: 200 samples missing, highest pressure 0.0 mmHg
#   packed=True: 0 samples missing, highest pressure 4045.9 mmHg
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check vitaldb==1.7.2
cat > gap.py <<'PY'
import numpy as np
import vitaldb
from vitaldb.utils import Device, Track

START = 1_600_000_000.0
seen = {}
for packed in (False, True):
    file = vitaldb.VitalFile()
    file.dtstart, file.dtend = START, START + 7
    file.devs["Monitor"] = Device("Monitor")
    # 800 means 0 mmHg, as in files from a Philips monitor; seconds 3 and 4 were not recorded.
    recs = [{"dt": START + second, "val": np.full(100, 800, np.uint16)} for second in (0, 1, 2, 5, 6)]
    file.trks["Monitor/ART"] = Track(
        "ART", 1, fmt=6, srate=100, gain=0.0625, offset=-50.0, unit="mmHg", dname="Monitor", recs=recs
    )
    file.to_vital("a.vital", packed=packed)
    wave = vitaldb.VitalFile("a.vital").to_numpy(["Monitor/ART"], 1 / 100)[:, 0]
    seen[packed] = int(np.isnan(wave).sum()), float(np.nanmax(wave))
    print(f"packed={packed}: {seen[packed][0]} samples missing, highest pressure {seen[packed][1]:.1f} mmHg")
assert seen[False] == (200, 0.0), seen
assert seen[True][0] == 0 and abs(seen[True][1] - 4045.9375) < 1e-3, seen
PY
venv/bin/python gap.py
