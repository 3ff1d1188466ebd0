"""A folder in the layout of MCD-rPPG: faces filmed before and after exercise, finger PPG, one cuff value each."""

from datetime import datetime, timedelta

import cv2
import numpy as np
import pandas as pd

from cuffless.camera.simulation.face import simulated_face
from cuffless.camera.simulation.filming import Wandering, margin, sample_wandering, take_frames
from cuffless.camera.simulation.pulse import simulate_pulse
from cuffless.config import SimulatorOptions

BEGAN = {"before": datetime(2023, 11, 13, 14, 18, 9, 856232), "after": datetime(2023, 11, 13, 14, 31, 2, 6001)}
FPS, PPG_FS = 20.0, 99.2
LATE = 0.6
"""Seconds from the first frame to the first sample of the PPG."""
REST = 30.0


def write_mcd_folder(folder, *, subjects, seconds, cameras=("FullHDwebcam",), size=(96, 72), films=True):
    """Write it; gives ``db.csv`` as a table. Both recordings of a person are of one simulated pulse, far apart."""
    for name in ("video", "ppg", "ppg_sync", "meta"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(1, subjects + 1):
        person = 1000 + 7 * number
        pulse = simulate_pulse(number, 2 * seconds + REST, 3, SimulatorOptions(subjects=24))
        for k, step in enumerate(BEGAN):
            t0 = k * (seconds + REST)
            beats = pulse.beats[pulse.beats["time"].between(t0, t0 + seconds)]
            samples = np.arange(round((seconds + 2) * PPG_FS)) / PPG_FS + LATE
            volume = np.round(128 + 60 * pulse.at(samples + t0)).astype(int)
            write_stamped(folder / f"ppg/{person}_{step}.PW", volume, BEGAN[step], samples)
            for camera in cameras:
                name = f"{person}_{camera}_{step}"
                rng = np.random.default_rng([number, k, len(camera)])
                times = np.arange(round(seconds * FPS)) / FPS + rng.uniform(0, 0.004, round(seconds * FPS))
                write_stamped(folder / f"meta/{name}.txt", np.arange(1, len(times) + 1), BEGAN[step], times)
                nearest = np.abs(samples[:, None] - times).argmin(axis=0)
                apart = np.abs(samples[nearest] - times)
                np.savetxt(folder / f"ppg_sync/{name}.txt", np.column_stack([volume[nearest], apart]), "%d %.6f")
                if films:
                    film(folder / f"video/{name}.avi", pulse.at(times + t0), times, rng, size)
                files = {kind: f"{kind}/{name}.txt" for kind in ("meta", "ppg_sync")} | {"video": f"video/{name}.avi"}
                rows.append(
                    {"patient_id": person, "bmi": 20.5 + number, "age": 20.0 + 5 * number, "sex": "FM"[number % 2]}
                    | {"upper_ap": float(beats["sbp"].median().round()), "lower_ap": beats["dbp"].median().round()}
                    | {"pulse": round(60 / beats["rr"].mean()), "step": step, "camera": camera, "view": "front"}
                    | {"ecg": f"ecg/{person}_{step}.json", "ppg": f"ppg/{person}_{step}.PW", **files}
                )
    table = pd.DataFrame(rows)
    table.to_csv(folder / "db.csv", index=False)
    return table


def write_stamped(path, values, began, seconds):
    """Lines of a whole number and a date, as the data set has them."""
    dates = (began + timedelta(seconds=float(s)) for s in seconds)
    lines = (f"{value} {date.isoformat(' ', 'microseconds')}\n" for value, date in zip(values, dates, strict=True))
    path.write_text("".join(lines))


def film(path, volume, times, rng, size):
    """A short film of a face with this pulse, as Motion JPEG."""
    wandering: Wandering = sample_wandering(times[-1] + 1, 0.3, rng)
    face = simulated_face(size, margin(0.3), (1.0, 1.0, 1.0))
    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, size)
    writer.set(cv2.VIDEOWRITER_PROP_QUALITY, 95)
    for frame in take_frames(face, 0.02 * volume, wandering.at(times), 1.0, rng):
        writer.write(frame)
    writer.release()
