"""Regions that follow a face: smooth between two looks, gone where the face is."""

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.skin import tracking
from cuffless.camera.skin.faces import FaceFinder, face_side, skin_regions
from cuffless.camera.skin.roi import polygon_between
from cuffless.camera.skin.tracking import NAMES, STILL, FaceRegions

FPS = 20
SIZE = (512, 512)


@pytest.fixture(scope="module")
def mesh():
    from skimage.data import astronaut

    return FaceFinder().find(np.ascontiguousarray(astronaut()[..., ::-1]))


def frames(seconds, fps=FPS, start=0.0):
    """Frames whose first pixel tells their number."""
    for number in range(round(seconds * fps)):
        frame = np.zeros((*SIZE[::-1], 3), np.uint8)
        frame[0, 0, :2] = divmod(number, 256)
        yield start + number / fps, frame


def number_of(frame):
    high, low = frame[0, 0, :2].tolist()
    return 256 * high + low


def follow(find, seconds, roi_hz=1.0, **given):
    """What is placed, the regions' reader, and the numbers of the frames looked at."""
    looked = []
    tracked = FaceRegions("v.avi", roi_hz, lambda frame: looked.append(number_of(frame)) or find(number_of(frame)))
    placed = [(t, number_of(frame), polygons) for t, frame, polygons in tracked.place(frames(seconds, **given))]
    return placed, tracked, looked


def test_every_frame_comes_back_once_and_in_order(mesh):
    placed, _, _ = follow(lambda number: mesh, 3.7)
    assert [number for _, number, _ in placed] == list(range(74))
    np.testing.assert_allclose([t for t, _, _ in placed], np.arange(74) / FPS)


@pytest.mark.parametrize("roi_hz", [0.5, 1.0, 4.0])
def test_the_face_is_looked_for_at_the_rate_asked_for(mesh, roi_hz):
    _, tracked, looked = follow(lambda number: mesh, 6.2, roi_hz)
    assert looked == list(range(0, 124, round(FPS / roi_hz)))
    assert tracked.looks == tracked.found == len(looked)


def test_stamps_that_are_rounded_delay_no_look(mesh):
    looked = []
    tracked = FaceRegions("v.avi", 1.0, lambda frame: looked.append(number_of(frame)) or mesh)
    list(tracked.place((round(t - 0.0003 * (number > 0), 4), f) for number, (t, f) in enumerate(frames(3.1))))
    assert looked == [0, 20, 40, 60]


def test_regions_move_smoothly_between_looks(mesh):
    speed = np.array([0.5, -0.25])  # pixels a frame
    placed, _, _ = follow(lambda number: mesh + speed * number, 5.05)
    start = skin_regions(mesh, *SIZE)
    for _, number, polygons in placed:
        for name, polygon in zip(NAMES, polygons, strict=True):
            np.testing.assert_allclose(polygon, start[name] + speed * number, atol=0.011)


def test_after_the_last_look_regions_stand_still(mesh):
    placed, _, _ = follow(lambda number: mesh + number, 1.8)
    last = skin_regions(mesh + 20, *SIZE)["forehead"]
    for _, _, (forehead, *_) in placed[20:]:
        np.testing.assert_array_equal(forehead, last)


def test_a_mesh_that_trembles_does_not_move_the_regions(mesh):
    rng = np.random.default_rng(0)
    tremble = 0.3 * STILL * face_side(mesh)
    placed, tracked, _ = follow(lambda number: mesh + rng.uniform(-tremble, tremble, mesh.shape), 6)
    for region in range(3):
        assert len({id(polygons[region]) for _, _, polygons in placed}) == 1
    assert tracked.found == 6


def test_a_face_that_creeps_is_followed_all_the_same(mesh):
    creep = 0.4 * STILL * face_side(mesh)  # a second: each look sees less than what is taken for trembling
    placed, _, _ = follow(lambda number: mesh + creep * number / FPS, 20)
    start = skin_regions(mesh, *SIZE)["forehead"]
    for _, number, (forehead, *_) in placed:
        assert np.abs(forehead - start - creep * number / FPS).max() <= STILL * face_side(mesh) + creep


def test_a_face_that_is_lost_leaves_no_region_until_it_is_back(mesh):
    lost = range(40, 80)  # frames of the third and fourth look
    placed, tracked, _ = follow(lambda number: None if number in lost else mesh, 6)
    for _, number, polygons in placed:
        assert all((polygon is None) == (number in lost) for polygon in polygons)
    assert tracked.notes() == ["a face was found in 4 of 6 frames looked at"]


def test_a_cheek_out_of_the_frame_is_missing_alone(mesh):
    placed, tracked, _ = follow(lambda number: mesh - np.array([185 * (number >= 20), 0]), 2)
    for _, number, (forehead, left, right) in placed:
        assert forehead is not None
        assert right is not None
        assert (left is None) == (number >= 20)
    assert tracked.notes() == []


def test_the_regions_of_all_looks_give_the_polygons_that_were_placed(mesh):
    rng = np.random.default_rng(0)
    moved = {number: rng.uniform(-20, 20, 2) for number in range(0, 200, 20)}
    placed, tracked, _ = follow(lambda number: None if number == 60 else mesh + moved[number], 9.5, start=3.3)
    regions = tracked.regions()
    assert (regions.width, regions.height, regions.video, regions.names) == (*SIZE, "v.avi", NAMES)
    for t, _, polygons in placed:
        for polygon, again in zip(polygons, regions.polygons_at(t).values(), strict=True):
            np.testing.assert_array_equal(polygon, again)


def test_without_a_face_in_any_frame_there_are_no_regions():
    placed, tracked, _ = follow(lambda number: None, 3.5)
    assert len(placed) == 70
    with pytest.raises(
        RppgError, match=r"v\.avi: no face in 4 frames looked at; .*\(--roi-mode whole; in a manifest, roi_mode whole\)"
    ):
        tracked.regions()


def test_large_frames_are_looked_at_more_often_so_that_few_wait(mesh, monkeypatch):
    monkeypatch.setattr(tracking, "_MOST_WAITING", 7 * SIZE[0] * SIZE[1] * 3)
    waiting = most = 0

    def taken():
        nonlocal waiting, most
        for t, frame in frames(2):
            waiting += 1
            most = max(most, waiting)
            yield t, frame

    for _ in FaceRegions("v.avi", 1.0, lambda frame: mesh).place(taken()):
        waiting -= 1
    assert most <= 9


def test_a_moving_region_never_leaps_more_than_its_share_of_a_look(mesh):
    placed, tracked, _ = follow(lambda number: mesh + 10 * (number // 20 % 2), 6)
    forehead = tracked.regions().rois["forehead"]
    steps = np.diff([polygons[0] for _, _, polygons in placed], axis=0)
    assert np.abs(steps).max() == pytest.approx(10 / 20, abs=0.02)
    np.testing.assert_allclose(placed[10][2][0], polygon_between(forehead[0], forehead[1], 0.5))
