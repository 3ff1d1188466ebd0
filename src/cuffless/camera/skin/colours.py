"""Mean colours of polygons in frames, fast: a mask is kept while its polygon does not move."""

import numpy as np

_SHIFT = 4  # bits of a pixel's fraction that OpenCV's polygons have
_PARTS = 1 << _SHIFT
NOTHING = (np.nan, np.nan, np.nan, 0)


def frame_mean(frame: np.ndarray) -> tuple[float, float, float, int]:
    """Mean red, green and blue of a frame in the order blue, green, red, and its number of pixels."""
    import cv2

    blue, green, red, _ = cv2.mean(frame)
    return red, green, blue, frame.shape[0] * frame.shape[1]


class RegionMean:
    """Mean colour of one region, frame after frame."""

    def __init__(self):
        self._polygon: np.ndarray | None = None
        self._box, self._mask, self._pixels = None, None, 0

    def __call__(self, frame: np.ndarray, polygon: np.ndarray | None) -> tuple[float, float, float, int]:
        """Mean over the pixels within and on a polygon.

        Parameters
        ----------
        frame : (height, width, 3) uint8 array
            Blue, green, red.
        polygon : (n, 2) float array or None
            x and y in pixels; the same array object as for the previous frame if the region did not move.

        Returns
        -------
        tuple of float, float, float, int
            Red, green, blue (NaN if there is no pixel within) and the number of pixels.
        """
        import cv2

        if polygon is None:
            return NOTHING
        if polygon is not self._polygon:
            self._rasterize(polygon, *frame.shape[:2])
        if not self._pixels:
            return NOTHING
        blue, green, red, _ = cv2.mean(frame[self._box], self._mask)
        return red, green, blue, self._pixels

    def _rasterize(self, polygon: np.ndarray, height: int, width: int) -> None:
        import cv2

        self._polygon, self._pixels = polygon, 0
        corners = np.rint(polygon * _PARTS).astype(np.int32)
        x, y, w, h = cv2.boundingRect(corners)
        left, top = max(x // _PARTS, 0), max(y // _PARTS, 0)
        right, bottom = min(-(-(x + w - 1) // _PARTS) + 1, width), min(-(-(y + h - 1) // _PARTS) + 1, height)
        if right <= left or bottom <= top:
            return
        self._box = slice(top, bottom), slice(left, right)
        self._mask = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(self._mask, [corners], 1, shift=_SHIFT, offset=(-_PARTS * left, -_PARTS * top))
        self._pixels = cv2.countNonZero(self._mask)
        if self._pixels == self._mask.size:
            self._mask = None  # the mean is faster without one
