import numpy as np
import pytest

from cuffless.camera.simulation.face import REGIONS, simulated_face
from cuffless.camera.simulation.filming import Clock, frame_times, margin, sample_wandering, take_frames

SIZE = (96, 72)


def rng():
    return np.random.default_rng(3)


def still(n, position=(0.0, 0.0)):
    return np.tile(position, (n, 1)), np.ones(n), np.zeros(n)


def frames_of(depth, wandering, noise=0.0, margin=4):
    face = simulated_face(SIZE, margin)
    return np.array([f.copy() for f in take_frames(face, np.asarray(depth, float), wandering, noise, rng())]), face


def test_a_steady_camera_takes_its_frames_at_its_nominal_rate():
    np.testing.assert_allclose(frame_times(60, 20, Clock(), rng()), np.arange(1200) / 20)


def test_lost_frames_leave_gaps_and_move_no_other_frame():
    times = frame_times(600, 20, Clock(dropped=0.01), rng())
    assert 80 < 12000 - len(times) < 160
    np.testing.assert_allclose(times * 20, np.round(times * 20), atol=1e-6)


def test_a_fast_clock_takes_more_frames():
    assert len(frame_times(100, 20, Clock(error=0.01), rng())) == 2020


def test_a_variable_frame_rate_keeps_its_mean_and_the_order():
    times = frame_times(600, 20, Clock(jitter=0.3), rng())
    assert times[0] == 0
    assert times[-1] < 600
    assert np.diff(times).min() > 0
    assert np.diff(times).mean() == pytest.approx(0.05, rel=0.02)
    assert np.diff(times).std() == pytest.approx(0.015, rel=0.1)


def test_skin_darkens_as_blood_comes_and_most_so_in_green():
    (rest, pulse), face = frames_of([0.0, 0.2], still(2))
    change = (pulse.astype(float) - rest)[face.skin[4:-4, 4:-4, 0] > 0.99].mean(axis=0)
    colour = rest[face.skin[4:-4, 4:-4, 0] > 0.99].mean(axis=0)
    np.testing.assert_allclose(change / colour, -0.2 * np.array([0.53, 0.77, 0.33]), atol=0.002)


def test_what_is_not_skin_does_not_pulse():
    (rest, pulse), face = frames_of([0.0, 0.2], still(2))
    bare = face.skin[4:-4, 4:-4, 0] == 0
    assert bare.mean() > 0.5
    assert (rest == pulse)[bare].all()


def test_positions_say_how_far_the_picture_moves():
    (rest,), _ = frames_of([0.0], still(1))
    (moved,), _ = frames_of([0.0], still(1, (3.0, -2.0)))
    np.testing.assert_array_equal(moved[:-2, 3:], rest[2:, :-3])


def test_noise_has_the_standard_deviation_asked_for_and_no_two_frames_share_it():
    frames, face = frames_of(np.zeros(50), still(50), noise=2.0)
    deviations = frames - face.still[4:-4, 4:-4]
    assert deviations.std() == pytest.approx(2.0, rel=0.05)
    assert np.abs(np.corrcoef(deviations.reshape(50, -1)) - np.eye(50)).max() < 0.1


def test_light_falls_on_everything_alike():
    (dim,), face = frames_of([0.0], (np.zeros((1, 2)), np.array([0.9]), np.zeros(1)))
    np.testing.assert_allclose(dim, 0.9 * face.still[4:-4, 4:-4], atol=0.51)


def test_a_head_never_leaves_the_margin():
    positions = sample_wandering(3600, 0.5, rng()).positions
    assert positions.std() == pytest.approx(0.5, rel=0.1)
    assert np.abs(positions).max() <= margin(0.5)


def test_light_wanders_by_its_shares():
    wandering = sample_wandering(3600, 0.5, rng())
    assert wandering.gain.std() == pytest.approx(0.0204, rel=0.2)
    assert wandering.gloss.std() == pytest.approx(0.4, rel=0.1)


@pytest.mark.parametrize("size", [(160, 120), (96, 72), (121, 161), (640, 360)])
def test_regions_lie_on_skin_and_within_the_frame(size):
    import cv2

    face = simulated_face(size, 3)
    assert set(face.regions) == set(REGIONS)
    for points in face.regions.values():
        mask = np.zeros(face.skin.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(points + face.margin).astype(np.int32)], 1)
        assert mask[3:-3, 3:-3].sum() == mask.sum() > 20
        assert face.skin[..., 0][mask > 0].mean() > 0.95


def test_nothing_saturates():
    assert simulated_face((160, 120), 3).still.max() < 215
