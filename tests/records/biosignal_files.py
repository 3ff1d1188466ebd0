"""Small .vital, EDF and BDF files as their devices write them; tests load this module by its path."""

import edfio
import numpy as np
import vitaldb

START = 1_600_000_000.0


def write_vital(path, waves, fs, *, packet=1.0, numerics=None, packed=False, start=START):
    """Waves by ``device/track``: (samples, unit), or (samples, unit, times of the packets in s)."""
    file = vitaldb.VitalFile()
    file.dtstart, file.dtend = start, start
    for name, (samples, unit, *times) in waves.items():
        size = round(packet * fs)
        parts = [np.asarray(samples[a : a + size], np.float32) for a in range(0, len(samples), size)]
        begins = times[0] if times else packet * np.arange(len(parts))
        recs = [{"dt": start + begin, "val": part} for begin, part in zip(begins, parts, strict=True)]
        file.add_track(name, recs, srate=fs, unit=unit)
        file.dtend = max(file.dtend, *(rec["dt"] + len(rec["val"]) / fs for rec in recs))
    for name, values in (numerics or {}).items():
        file.add_track(name, [{"dt": start + 2.0 * k, "val": float(value)} for k, value in enumerate(values)], srate=0)
    assert file.to_vital(str(path), compresslevel=1, packed=packed)
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + bytes(4) + raw[8:])  # without the time of writing, equal content is an equal file


def write_edf(path, signals, *, duration=1, onsets=None, kind=edfio.EdfSignal):
    """Signals (label, unit, samples, fs, physical range); `onsets`: seconds of each data record of an EDF+D."""
    made = [
        kind(np.clip(samples, *limits), fs, label=label, physical_dimension=unit, physical_range=limits)
        for label, unit, samples, fs, limits in signals
    ]
    whole = edfio.Bdf if kind is edfio.BdfSignal else edfio.Edf
    file = whole(made, data_record_duration=duration, annotations=() if onsets is None else [_note()])
    file.write(path)
    if onsets is not None:
        _set_onsets(path, onsets, 3 if kind is edfio.BdfSignal else 2)


def _note():
    return edfio.EdfAnnotation(0, None, "lights off " + "." * 40)  # room for longer times


def _set_onsets(path, onsets, width):
    raw = bytearray(path.read_bytes())
    n_signals, header = int(raw[252:256]), int(raw[184:192])
    labels = [bytes(raw[256 + 16 * k : 272 + 16 * k]).strip().decode() for k in range(n_signals)]
    place = 256 + 216 * n_signals
    samples = [int(raw[place + 8 * k : place + 8 * k + 8]) for k in range(n_signals)]
    annotations = next(k for k, label in enumerate(labels) if label.endswith("Annotations"))
    first, size = sum(samples[:annotations]) * width, samples[annotations] * width
    for number, onset in enumerate(onsets):
        begin = header + number * sum(samples) * width + first
        raw[begin : begin + size] = f"+{onset}\x14\x14\0".encode().ljust(size, b"\0")
    raw[192:197] = b"BDF+D" if width == 3 else b"EDF+D"
    path.write_bytes(bytes(raw))
