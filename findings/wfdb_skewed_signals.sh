#!/usr/bin/env bash
# wfdb (Python) 4.3.1: skewed signals (format:skew in the header) are read wrongly in all but the simplest case.
#
# Expected: signal k with skew s is read s frames later, and its last s frames, which are not in the file, are NaN.
# Seen, with samples_per_frame 4 and skew 3: of the last 12 samples, which are not in the file, 3 are NaN; the other 9
#           have made-up values (0 before calibration).
# Seen, with FLAC (format 516) and skew: rdrecord raises KeyError ('516') for whole records, ValueError for blocks.
# Seen, with format 8 and skew: rdrecord of the whole record raises TypeError, as this format has no value for "missing".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet wfdb==4.3.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import wfdb


def fails(kind, **how):
    try:
        wfdb.rdrecord("s", **how)
    except kind as error:
        print(f"{kind.__name__}: {error}")
        return True
    return False


np.arange(1, 401, dtype="<i2").tofile("s.dat")
open("s.hea", "w").write("s 1 125 100\ns.dat 16x4:3 1/NU 16 0 0 0 0 PLETH\n")
signal = wfdb.rdrecord("s", smooth_frames=False).e_p_signal[0]
print("last 13 samples:", signal[-13:])
assert (signal[:388] == np.arange(13, 401)).all()
assert np.isnan(signal).sum() == 3
assert (signal[388:397] == 0).all()

wfdb.wrsamp("s", 125, ["NU"], ["PLETH"], d_signal=np.arange(100).reshape(-1, 1), fmt=["516"], adc_gain=[1.0], baseline=[0])
header = open("s.hea").read()
open("s.hea", "w").write(header.replace("516 ", "516:3 "))
assert fails(KeyError)
assert fails(ValueError, sampfrom=10, sampto=50)

np.ones(100, np.int8).tofile("s.dat")
open("s.hea", "w").write("s 1 125 100\ns.dat 8:3 1/NU 12 0 0 0 0 PLETH\n")
assert fails(TypeError)
PYTHON
echo "as described"
