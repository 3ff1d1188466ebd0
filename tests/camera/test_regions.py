"""Regions of interest: where they lie between keyframes, and the file that holds them."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuffless.camera.errors import RppgError
from cuffless.camera.skin.roi import Keyframe, Regions, read_regions, whole_frame, write_regions

SQUARE = np.array([[10.0, 10], [20, 10], [20, 20], [10, 20]])
TRIANGLE = np.array([[30.0, 30], [40, 30], [35, 40.25]])
LAID = {
    "version": 1,
    "video": "v.avi",
    "width": 96,
    "height": 72,
    "interpolation": "linear",
    "rois": {"forehead": [{"t": 0, "polygon": SQUARE.tolist()}, {"t": 2.5, "polygon": None}]},
}


def one_region(*keyframes, interpolation="linear"):
    return Regions(96, 72, {"forehead": [Keyframe(*keyframe) for keyframe in keyframes]}, interpolation)


def at(regions, *times):
    return [regions.polygon_at("forehead", t) for t in times]


@given(st.floats(0, 1))
def test_a_region_moves_along_straight_lines_between_keyframes(share):
    way = np.array([8, -4])
    regions = one_region((1.0, SQUARE), (3.0, SQUARE + way))
    np.testing.assert_allclose(regions.polygon_at("forehead", 1 + 2 * share), SQUARE + share * way)


def test_corners_may_move_each_their_own_way():
    other = SQUARE[::-1] * 2
    [halfway] = at(one_region((0.0, SQUARE), (1.0, other)), 0.5)
    np.testing.assert_allclose(halfway, (SQUARE + other) / 2)


def test_before_its_first_keyframe_and_after_its_last_a_region_stands_still():
    before, first, last, after = at(one_region((1.0, SQUARE), (3.0, SQUARE + 8)), -5, 1, 3, 99)
    np.testing.assert_array_equal(before, SQUARE)
    np.testing.assert_array_equal(first, SQUARE)
    np.testing.assert_array_equal(last, SQUARE + 8)
    np.testing.assert_array_equal(after, SQUARE + 8)


def test_polygons_of_unequal_corners_are_held_until_the_next():
    early, late, then = at(one_region((0.0, SQUARE), (2.0, TRIANGLE)), 0.1, 1.9, 2)
    np.testing.assert_array_equal(early, SQUARE)
    np.testing.assert_array_equal(late, SQUARE)
    np.testing.assert_array_equal(then, TRIANGLE)


def test_hold_keeps_each_polygon_until_the_next():
    early, then = at(one_region((0.0, SQUARE), (2.0, SQUARE + 8), interpolation="hold"), 1.9, 2)
    np.testing.assert_array_equal(early, SQUARE)
    np.testing.assert_array_equal(then, SQUARE + 8)


def test_null_is_not_visible_from_then_on_and_until_then_the_region_stands_still():
    regions = one_region((0.0, SQUARE), (2.0, None), (4.0, SQUARE + 8), (5.0, SQUARE))
    early, hidden, still_hidden, back, moving = at(regions, 1.9, 2, 3.9, 4, 4.5)
    np.testing.assert_array_equal(early, SQUARE)
    assert hidden is None
    assert still_hidden is None
    np.testing.assert_array_equal(back, SQUARE + 8)
    np.testing.assert_allclose(moving, SQUARE + 4)


def test_all_regions_are_told_by_name():
    regions = Regions(96, 72, {"a": [Keyframe(0.0, SQUARE)], "b": [Keyframe(0.0, None)]})
    assert regions.names == ("a", "b")
    found = regions.polygons_at(7.0)
    np.testing.assert_array_equal(found["a"], SQUARE)
    assert found["b"] is None


def test_the_whole_frame_is_every_pixel_of_it():
    regions = whole_frame(96, 72, "v.avi")
    assert (regions.names, regions.width, regions.height, regions.video) == (("whole",), 96, 72, "v.avi")
    np.testing.assert_array_equal(regions.polygon_at("whole", 12.3), [[0, 0], [95, 0], [95, 71], [0, 71]])


def test_regions_come_back_from_their_file_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.1, 1, 20))
    rois = {
        "forehead": [Keyframe(float(t), rng.uniform(0, 90, (5, 2))) for t in times],
        "cheek_left": [Keyframe(0.0, SQUARE), Keyframe(2.0, None), Keyframe(3.0, TRIANGLE)],
    }
    regions = Regions(96, 72, rois, "hold", "vidéo.avi")
    path = tmp_path / "new" / "regions.json"
    write_regions(regions, path)
    back = read_regions(path)
    assert (back.width, back.height, back.interpolation, back.video) == (96, 72, "hold", "vidéo.avi")
    assert back.names == regions.names
    for name, keyframes in regions.rois.items():
        for was, found in zip(keyframes, back.rois[name], strict=True):
            assert was.t == found.t
            np.testing.assert_array_equal(was.polygon, found.polygon)
    assert list(path.parent.iterdir()) == [path]


def test_a_region_that_stands_still_is_the_same_array_throughout(tmp_path):
    write_regions(one_region((0.0, SQUARE), (1.0, SQUARE.copy()), (2.0, SQUARE + 1)), tmp_path / "regions.json")
    first, later, moving = at(read_regions(tmp_path / "regions.json"), 0.2, 0.9, 1.5)
    assert first is later
    assert moving is not first


def test_video_version_and_interpolation_may_be_left_out(tmp_path):
    path = tmp_path / "regions.json"
    kept = {name: LAID[name] for name in ("width", "height", "rois")}
    path.write_text("\ufeff" + json.dumps(kept), encoding="utf-8")
    regions = read_regions(path)
    assert (regions.interpolation, regions.video) == ("linear", "")
    np.testing.assert_array_equal(regions.polygon_at("forehead", 2.4), SQUARE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2 is unknown; write version 1"),
        ({"interpolation": "cubic"}, "interpolation 'cubic' is unknown; choose linear or hold"),
        ({"width": None}, "width is None; give the width of the video's frames in pixels"),
        ({"height": 72.5}, r"height is 72\.5"),
        ({"height": 0}, "height is 0"),
        ({"width": True}, "width is True"),
        ({"rois": {}}, "no regions under rois; add at least one, such as forehead, with its keyframes"),
        ({"rois": [SQUARE.tolist()]}, "no regions under rois"),
    ],
)
def test_a_file_laid_out_otherwise_says_what_is_needed(tmp_path, change, message):
    (tmp_path / "regions.json").write_text(json.dumps(LAID | change))
    with pytest.raises(RppgError, match=rf"regions\.json: {message}"):
        read_regions(tmp_path / "regions.json")


@pytest.mark.parametrize(
    ("keyframes", "message"),
    [
        ([], "no keyframes; give a list of"),
        ({"t": 0, "polygon": None}, "no keyframes"),
        ([{"t": 0}], "keyframe 1 lacks t or polygon"),
        ([{"t": 0, "polygon": None}, SQUARE.tolist()], "keyframe 2 lacks t or polygon"),
        ([{"t": "0", "polygon": None}], "keyframe 1 has t '0'; give a time in seconds"),
        ([{"t": float("nan"), "polygon": None}], "keyframe 1 has t nan"),
        ([{"t": 2, "polygon": None}, {"t": 1.5, "polygon": None}], r"keyframe 2 at 1\.5 s is not after 2 s; sort"),
        ([{"t": 2, "polygon": None}, {"t": 2, "polygon": None}], "keyframe 2 at 2 s is not after 2 s"),
    ],
)
def test_a_keyframe_at_fault_is_named_with_its_region(tmp_path, keyframes, message):
    rois = {"forehead": LAID["rois"]["forehead"], "cheek": keyframes}
    (tmp_path / "regions.json").write_text(json.dumps(LAID | {"rois": rois}))
    with pytest.raises(RppgError, match=rf"regions\.json, cheek: {message}"):
        read_regions(tmp_path / "regions.json")


@pytest.mark.parametrize(
    "polygon",
    [
        [],
        SQUARE[:2].tolist(),
        SQUARE.ravel().tolist(),
        [[1, 2], [3, 4], [5]],
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        [[1, 2], [3, 4], [5, None]],
        [[1, 2], [3, 4], [5, float("inf")]],
        [["1", "2"], ["3", "4"], ["5", "6"]],
        {"x": [1, 2, 3], "y": [1, 2, 3]},
        "forehead",
        7,
    ],
)
def test_a_polygon_at_fault_is_named_with_its_region_and_time(tmp_path, polygon):
    keyframes = [{"t": 0, "polygon": None}, {"t": 7.25, "polygon": polygon}]
    (tmp_path / "regions.json").write_text(json.dumps(LAID | {"rois": {"cheek": keyframes}}))
    with pytest.raises(RppgError, match=r"regions\.json, cheek, 7\.25 s: the polygon must have at least 3 corners"):
        read_regions(tmp_path / "regions.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"polygon,1,2\n"])
def test_what_is_no_json_is_named(tmp_path, content):
    (tmp_path / "regions.json").write_bytes(content)
    with pytest.raises(RppgError, match=r"regions\.json: regions cannot be read \(.*save them as JSON"):
        read_regions(tmp_path / "regions.json")


@pytest.mark.parametrize("laid", [[], 7, "regions", None])
def test_json_that_holds_no_regions_is_named(tmp_path, laid):
    (tmp_path / "regions.json").write_text(json.dumps(laid))
    with pytest.raises(RppgError, match=r"regions\.json: not a file of regions; it must be a JSON object"):
        read_regions(tmp_path / "regions.json")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(RppgError, match=r"absent\.json: regions cannot be read"):
        read_regions(tmp_path / "absent.json")


@pytest.mark.parametrize("opened", ["[", '{"rois":'])
def test_brackets_within_brackets_are_said_in_one_line(tmp_path, opened):
    (tmp_path / "r.json").write_text(opened * 100_000)
    with pytest.raises(RppgError, match=r"^r\.json: regions cannot be read \(.*\); save them as JSON$"):
        read_regions(tmp_path / "r.json")
