#!/usr/bin/env bash
# OpenCV 5.0.0.93 (FFmpeg backend): CAP_PROP_FRAME_COUNT / CAP_PROP_FPS is not the length of a film's pictures.
#
# Expected: the number of frames that can be read, or the length of the video stream.
# Seen:     MP4 with an edit list that plays only a part (a phone's "trim"): all frames in the file are counted, even
#           those outside the edit list: more than can be read, although nothing is damaged.
#           Matroska with sound longer than the pictures: the length of the whole file times the frame rate.
#           MP4 with such sound: the frames of the pictures, which is correct. So a file with fewer frames than its
#           count is not necessarily damaged.
#           Matroska written to a pipe in live mode: -2.767e17.
# The films are made with the ffmpeg that imageio-ffmpeg 0.6.0 includes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet opencv-python-headless==5.0.0.93 imageio-ffmpeg==0.6.0
cd "$folder"
ffmpeg=$("$folder/venv/bin/python" -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")
film() { "$ffmpeg" -v error -y "$@"; }
film -f lavfi -i testsrc=size=96x72:rate=30:duration=20 -c:v mpeg4 -g 15 whole.mp4
film -ss 6.3 -i whole.mp4 -t 9 -c copy trimmed.mp4
film -i whole.mp4 -f lavfi -i sine=duration=25 -c:v copy -c:a aac sound.mp4
film -i whole.mp4 -f lavfi -i sine=duration=25 -c:v copy -c:a aac sound.mkv
film -i whole.mp4 -c copy -f matroska -live 1 - > live.mkv
"$folder/venv/bin/python" - <<'PYTHON'
import cv2


def counts(name):
    """Frames stated, and frames read."""
    film = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    stated, read = film.get(cv2.CAP_PROP_FRAME_COUNT), 0
    while film.read()[0]:
        read += 1
    print(f"{name}: {stated:g} frames stated, {read} read")
    return stated, read


assert counts("whole.mp4") == (600, 600)
stated, read = counts("trimmed.mp4")
assert read == 270 and stated > read
assert counts("sound.mp4") == (600, 600)
stated, read = counts("sound.mkv")
assert read == 600 and stated >= 750
stated, read = counts("live.mkv")
assert read == 600 and stated < 0
PYTHON
