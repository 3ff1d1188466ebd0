#!/usr/bin/env bash
# wfdb (Python) 4.3.1: a record in format 8 (first differences) is shifted when read from sample N on.
#
# Expected: rdrecord(sampfrom=N) gives the same samples as the whole record from N on, as with every other format.
# Seen:     every read starts again at the initial value in the header, whatever N is, without a warning:
#           a signal that rises from 0 to 999 is read as 1, 2, 3 ... from sample 500 on (whole: 500, 501, 502 ...).
#           The signal must be summed from the start of its file, or its level at the start of a block must be kept.
# Seen too: if the header gives no initial value, wfdb starts at 0; according to header(5) it should start at ADC zero.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet wfdb==4.3.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import wfdb

level = np.arange(1000)
np.diff(level, prepend=0).astype(np.int8).tofile("d.dat")
open("d.hea", "w").write("d 1 125 1000\nd.dat 8 1/mmHg 12 0 0 0 0 ABP\n")
whole = wfdb.rdrecord("d").p_signal[:, 0]
part = wfdb.rdrecord("d", sampfrom=500).p_signal[:, 0]
print("whole, from sample 500:", whole[500:503], " read from sample 500:", part[:3])
assert (whole == level).all()
assert (part == level[500:] - level[499]).all()

open("d.hea", "w").write("d 1 125 1000\nd.dat 8 1(0)/mmHg 12 70\n")
first = wfdb.rdrecord("d").p_signal[0, 0]
print("ADC zero 70, no initial value: first sample", first)
assert first == 0
PYTHON
echo "as described"
