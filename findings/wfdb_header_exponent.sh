#!/usr/bin/env bash
# wfdb (Python) 4.3.1: a sampling frequency with an exponent is misread without an error.
#
# Expected: header(5) allows any form of floating-point number; "rec 2 1.25e2 7500" means 125 Hz and 7500 samples.
# Seen:     fs 1.25 (the regular expression stops before the e), no length, no error. rdrecord then takes the length
#           from the file and returns all samples, a hundred times too slow. The same happens with "1.25e+2".
# Seen too: an exponent in the gain is read correctly with a lower-case e (2e1/mmHg: 20), but 2E1/mmHg is read as a gain
#           of 2 with the unit "E1/mmHg".
# Seen too: a gain of 0, which header(5) uses for an uncalibrated signal, becomes 200, and p_signal is in "mmHg".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet wfdb==4.3.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import wfdb

np.full((7500, 2), 100, "<i2").tofile("rec.dat")


def read(record, gain="20/mmHg"):
    lines = [record, "rec.dat 16 1000/NU 16 0 0 0 0 PLETH", f"rec.dat 16 {gain} 16 0 0 0 0 ABP"]
    open("rec.hea", "w").write("\n".join(lines) + "\n")
    return wfdb.rdheader("rec")


for rate in ("1.25e2", "1.25e+2"):
    header = read(f"rec 2 {rate} 7500")
    print(f"{rate}: fs {header.fs}, sig_len {header.sig_len}")
    assert (header.fs, header.sig_len) == (1.25, None)
record = wfdb.rdrecord("rec")
assert (record.fs, record.sig_len) == (1.25, 7500)

header = read("rec 2 125 7500", "2e1/mmHg")
assert (header.adc_gain[1], header.units[1]) == (20, "mmHg")
header = read("rec 2 125 7500", "2E1/mmHg")
print("2E1/mmHg: gain", header.adc_gain[1], "unit", header.units[1])
assert (header.adc_gain[1], header.units[1]) == (2, "E1/mmHg")

header = read("rec 2 125 7500", "0/mmHg")
print("gain 0: read as", header.adc_gain[1], header.units[1])
assert (header.adc_gain[1], header.units[1]) == (200, "mmHg")
PYTHON
echo "as described"
