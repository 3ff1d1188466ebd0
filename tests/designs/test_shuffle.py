import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuffless.windows import shuffle as module
from cuffless.windows.shuffle import Shuffle

WIDTH = 3


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of four windows, of which five may wait."""
    monkeypatch.setattr(module, "SHARD_ROWS", 4)
    monkeypatch.setattr(module, "BLOCK_BYTES", 4 * 2 * WIDTH)
    monkeypatch.setattr(module, "PENDING_BYTES", 5 * 2 * WIDTH)


@given(n=st.integers(0, 40), pieces=st.integers(1, 7), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_windows_that_come_in_any_order_are_read_in_the_order_of_their_positions(
    small_blocks, tmp_path_factory, n, pieces, seed
):
    shuffle = Shuffle(tmp_path_factory.mktemp("shuffle") / "windows", n, WIDTH)
    coming = np.random.default_rng(seed).permutation(n)
    for part in np.array_split(coming, pieces):
        shuffle.add(part, np.repeat(part[:, None], WIDTH, axis=1).astype(np.float16))
    blocks = list(shuffle.blocks())
    assert all(len(block) == 4 for block in blocks[:-1])
    read = np.concatenate([*blocks, np.empty((0, WIDTH), np.float16)])
    assert np.array_equal(read, np.repeat(np.arange(n)[:, None], WIDTH, axis=1))
    assert shuffle.path.stat().st_size == Shuffle.n_bytes(n, WIDTH)


def test_windows_that_never_came_are_noticed(small_blocks, tmp_path):
    shuffle = Shuffle(tmp_path / "windows", 6, WIDTH)
    shuffle.add(np.array([5, 0]), np.zeros((2, WIDTH), np.float16))
    with pytest.raises(ValueError, match="4 of 6 windows were not found in any store"):
        next(shuffle.blocks())
