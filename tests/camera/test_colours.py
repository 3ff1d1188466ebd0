"""Mean colours of polygons, against a plain mean over the pixels that a polygon covers."""

import numpy as np
import pytest

from cuffless.camera.skin.colours import RegionMean

WIDTH, HEIGHT = 96, 72
FRAME = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
ANYWHERE = np.random.default_rng(1).uniform(-40, 140, (200, 7, 2))
"""Polygons, most of which cross themselves and an edge of the frame."""


def mask_of(polygon):
    """The pixels of a frame within and on a polygon."""
    import cv2

    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(drawn, [np.rint(16 * polygon).astype(np.int32)], 1, shift=4)
    return drawn > 0


def plain_mean(frame, mask):
    return (*frame[mask][:, ::-1].mean(axis=0), mask.sum()) if mask.any() else (np.nan, np.nan, np.nan, 0)


def circle(x, y, radius, corners=40):
    turn = 2 * np.pi * np.arange(corners) / corners
    return np.column_stack((x + radius * np.cos(turn), y + radius * np.sin(turn)))


def test_a_rectangle_holds_the_pixels_of_its_corners_and_all_between():
    red, green, blue, pixels = RegionMean()(FRAME, np.array([[10.0, 20], [30, 20], [30, 25], [10, 25]]))
    expected = FRAME[20:26, 10:31].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose((blue, green, red), expected, rtol=1e-12)
    assert pixels == 6 * 21


def test_the_whole_frame_is_every_pixel():
    corners = np.array([[0.0, 0], [WIDTH - 1, 0], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]])
    *colours, pixels = RegionMean()(FRAME, corners)
    np.testing.assert_allclose(colours, FRAME.reshape(-1, 3).mean(axis=0)[::-1], rtol=1e-12)
    assert pixels == WIDTH * HEIGHT


@pytest.mark.parametrize(
    ("x", "y", "radius"),
    [(40, 30, 20), (40.3, 30.7, 12.4), (60.5, 40.5, 5.5), (3.2, 30, 20), (90, 70.5, 15), (50, 90, 25)],
)
def test_a_pixel_counts_if_its_centre_lies_within_and_none_does_further_than_a_pixel_outside(x, y, radius):
    across, down = np.mgrid[:WIDTH, :HEIGHT]
    distance = np.hypot(across - x, down - y)
    pixels = RegionMean()(FRAME, circle(x, y, radius))[3]
    assert (distance <= radius - 0.1).sum() <= pixels <= (distance <= radius + 1).sum()


def test_the_mean_is_that_of_the_pixels_within_though_the_region_moves_each_frame():
    mean = RegionMean()
    for x in np.linspace(20, 70, 60):
        polygon = circle(x, 36 + 10 * np.sin(x), 9.3, 9)
        np.testing.assert_allclose(mean(FRAME, polygon), plain_mean(FRAME, mask_of(polygon)), rtol=1e-12)


def test_partly_outside_the_frame_counts_what_is_inside():
    *colours, pixels = RegionMean()(FRAME, np.array([[-50.0, 60], [20, 60], [20, 200], [-50, 200]]))
    np.testing.assert_allclose(colours, FRAME[60:, :21].reshape(-1, 3).mean(axis=0)[::-1], rtol=1e-12)
    assert pixels == 12 * 21


def test_any_polygon_at_any_place_has_the_mean_of_its_pixels_in_the_frame():
    mean, outside = RegionMean(), 0
    for polygon in (*ANYWHERE, *(ANYWHERE[:, :3] * 2 - 60)):
        expected = plain_mean(FRAME, mask_of(polygon))
        np.testing.assert_allclose(mean(FRAME, polygon), expected, rtol=1e-12)
        outside += not expected[3]
    assert 5 < outside < 200


@pytest.mark.parametrize("shift", [(-200, 0), (200, 0), (0, -200), (0, 200), (300, 300)])
def test_outside_the_frame_there_is_no_colour_and_no_pixel(shift):
    *colours, pixels = RegionMean()(FRAME, circle(40, 30, 20) + shift)
    assert np.isnan(colours).all()
    assert pixels == 0


def test_a_region_that_is_not_visible_has_no_colour_and_comes_back():
    mean, polygon = RegionMean(), circle(40, 30, 20)
    seen = mean(FRAME, polygon)
    *colours, pixels = mean(FRAME, None)
    assert np.isnan(colours).all()
    assert pixels == 0
    assert mean(FRAME, polygon) == seen


def test_a_region_that_stands_still_sees_each_new_frame():
    mean, polygon = RegionMean(), circle(40, 30, 20)
    before = mean(FRAME, polygon)
    after = mean(FRAME // 2, polygon)
    np.testing.assert_allclose(after, plain_mean(FRAME // 2, mask_of(polygon)), rtol=1e-12)
    assert after != before


@pytest.mark.parametrize("value", [0, 255])
def test_a_still_colour_is_exactly_that(value):
    frame = np.full((HEIGHT, WIDTH, 3), value, np.uint8)
    assert RegionMean()(frame, circle(40.2, 30.9, 20))[:3] == (value,) * 3
