#!/usr/bin/env bash
# What: edfio reads a discontinuous EDF+ (EDF+D) as if it had no gaps: samples, duration and time slices all close up.
# Version: edfio 0.4.18 (PyPI), Python 3.11.
# Behaviour: the file has ten data records of one second, the last five a minute later. `duration` is 10 s although the
#   recording lasts 70 s, the signal has no missing samples, and slicing at 5 s gives what was recorded at 65 s.
#   Annotations keep their true times. Only `is_continuous` shows that there is a gap.
# Output seen:
#   duration 10.0 s, is_continuous False, signal at 5 s holds what was recorded at 65 s
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check edfio==0.4.18
cat > gap.py <<'PY'
import edfio
import numpy as np

# The sample's value is the second at which it was recorded.
seconds = np.r_[np.arange(5), 65 + np.arange(5)]
signal = edfio.EdfSignal(np.repeat(seconds, 100).astype(float), 100, label="ABP", physical_range=(0, 100))
edfio.Edf([signal], data_record_duration=1, annotations=[edfio.EdfAnnotation(0, None, "start")]).write("a.edf")
raw = bytearray(open("a.edf", "rb").read())
header, n = int(raw[184:192]), int(raw[252:256])
samples = [int(raw[256 + 216 * n + 8 * k : 264 + 216 * n + 8 * k]) for k in range(n)]
for record, second in enumerate(seconds):  # EDF+: a data record's first annotation is its time
    begin = header + record * sum(samples) * 2 + samples[0] * 2
    raw[begin : begin + samples[1] * 2] = f"+{second}\x14\x14\0".encode().ljust(samples[1] * 2, b"\0")
raw[192:197] = b"EDF+D"
open("a.edf", "wb").write(bytes(raw))
edf = edfio.read_edf("a.edf")
value = edf.signals[0].get_data_slice(5, 6)[0]
print(
    f"duration {edf.duration} s, is_continuous {edf.is_continuous}, signal at 5 s holds what was recorded at {value:.0f} s"
)
assert edf.duration == 10 and not edf.is_continuous and round(value) == 65
assert len(edf.signals[0].data) == 1000 and np.isfinite(edf.signals[0].data).all()
PY
venv/bin/python gap.py
