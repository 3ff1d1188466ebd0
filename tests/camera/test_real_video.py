"""A real face, filmed without a reference: 59 bpm by the whole frame, too weak a pulse for small regions."""

import re

import numpy as np
import pytest

from cuffless.camera.pulse.rates import pulse_rates
from cuffless.camera.pulse.verdict import why_nothing
from cuffless.camera.skin.extraction import extract_trace

BPM = 59


@pytest.fixture(scope="module")
def video(shared):
    return shared / "video_marnix" / "rPPG_video.mp4"


@pytest.fixture(scope="module")
def automatic(video):
    return extract_trace(video)


def test_the_face_is_found_in_every_look_and_all_frames_have_the_container_s_times(automatic):
    trace, regions, shown = automatic
    assert (trace.stamps, trace.notes) == ("container", [])
    assert len(trace.t) == 907
    assert trace.seconds == pytest.approx(30.7, abs=0.1)
    assert trace.fps == pytest.approx(29.5, abs=0.1)
    assert {len(keyframes) for keyframes in regions.rois.values()} <= {29, 30, 31}
    assert len(shown) == 4


def test_regions_have_the_colour_of_skin_and_hardly_change_it(automatic):
    trace, regions, _ = automatic
    assert (regions.width, regions.height) == (320, 240)
    assert (trace.n_pixels > 300).all()
    red, green, blue = np.median(trace.rgb, axis=0).T
    assert (red > 1.3 * green).all()
    assert (green > blue).all()
    assert (trace.rgb.std(axis=0) < 0.1 * trace.rgb.mean(axis=0)).all()


@pytest.mark.parametrize("seconds", [10, 20, 30])
def test_a_weak_pulse_is_not_taken_for_one_that_can_be_relied_on(automatic, seconds):
    rates = pulse_rates(automatic[0], seconds=seconds)
    assert len(rates) == 31 - seconds
    assert np.isfinite(rates.snr).all()
    if rates.accepted.any():
        assert np.median(rates.hr[rates.accepted]) == pytest.approx(BPM, abs=3)
    else:
        assert re.match(r"rPPG_video\.mp4: no (reliable )?pulse wave; ", why_nothing("rPPG_video.mp4", rates))


def test_the_whole_frame_tells_the_pulse_rate(video):
    trace, _, _ = extract_trace(video, roi_mode="whole")
    rates = pulse_rates(trace, seconds=20)
    assert rates.accepted.mean() >= 0.5
    np.testing.assert_allclose(rates.hr[rates.accepted], BPM, atol=3)
    assert rates.snr.min() > rates.threshold + 1
