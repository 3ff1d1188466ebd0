#!/usr/bin/env bash
# OpenCV 5.0.0.93 (FFmpeg backend): all frames of an interlaced video are read as one and the same picture.
#
# Expected: pictures, or read() returns False.
# Seen:     read() returns True for every frame, and all frames are equal. Only FFmpeg's log names the cause: "Cannot
#           convert interlaced to progressive frames or vice versa". Films of camcorders (AVCHD, DV, 1080i) are affected.
#           With CAP_PROP_CONVERT_RGB 0 the brightness is correct.
# The films are made with the ffmpeg that imageio-ffmpeg 0.6.0 includes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet opencv-python-headless==5.0.0.93 imageio-ffmpeg==0.6.0
cd "$folder"
ffmpeg=$("$folder/venv/bin/python" -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")
film() { "$ffmpeg" -v error -y -f lavfi -i testsrc=size=96x64:rate=25:duration=4 -c:v libx264 -pix_fmt yuv420p "$@"; }
film progressive.mp4
film -flags +ilme+ildct interlaced.mp4
OPENCV_FFMPEG_LOGLEVEL=-8 "$folder/venv/bin/python" - <<'PYTHON'
import cv2


def pictures(name):
    """Frames read, and how many of them differ."""
    film, frames = cv2.VideoCapture(name, cv2.CAP_FFMPEG), []
    while (read := film.read())[0]:
        frames.append(read[1].tobytes())
    print(f"{name}: {len(frames)} frames read, {len(set(frames))} of them different")
    return len(frames), len(set(frames))


assert pictures("progressive.mp4")[1] > 50
assert pictures("interlaced.mp4") == (100, 1)
PYTHON
