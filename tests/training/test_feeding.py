import numpy as np
import pytest
import zarr

from cuffless.networks import input_channels
from cuffless.training import feed, open_windows

# Memory for a fraction of the windows: they are then read in blocks of 32, the chunks of the test's stores.
LITTLE_MB = 0.01


@pytest.fixture(params=[4000, LITTLE_MB], ids=["memory", "blocks"])
def windows(request, stores):
    return open_windows(stores[0], ram_mb=request.param)


def stored(path):
    with zarr.storage.ZipStore(path, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        return group["ppg"][:], group["labels"][:]


def gather(windows, **options):
    batches = list(feed(windows, **{"batch_size": 30, **options}))
    x, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return [len(labels) for _, labels in batches], x, y


def test_an_epoch_feeds_every_window_once_with_its_own_labels(windows):
    ppg, labels = stored(windows.path)
    sizes, x, y = gather(windows, seed=3, epoch=2)
    assert sizes == [30] * 13 + [10]
    found, expected = np.lexsort(y.T), np.lexsort(labels.T)
    np.testing.assert_array_equal(y[found], labels[expected])
    np.testing.assert_array_equal(x[found, :, 0], ppg[expected])


def test_the_order_is_decided_by_seed_and_epoch(windows):
    _, _, first = gather(windows, seed=3, epoch=2)
    _, _, again = gather(windows, seed=3, epoch=2, batch_size=7)
    np.testing.assert_array_equal(first, again)
    for seed, epoch in ((3, 3), (4, 2)):
        _, _, other = gather(windows, seed=seed, epoch=epoch)
        assert np.mean(other == first) < 0.05


def test_in_memory_the_order_is_one_permutation_of_all(stores):
    windows = open_windows(stores[0])
    _, _, y = gather(windows, seed=3, epoch=2)
    np.testing.assert_array_equal(y, windows.labels[np.random.default_rng([3, 2]).permutation(400)])


def test_without_a_seed_the_order_is_the_stores(windows):
    _, x, y = gather(windows)
    ppg, labels = stored(windows.path)
    np.testing.assert_array_equal(x[:, :, 0], ppg)
    np.testing.assert_array_equal(y, labels)


def test_a_store_beyond_memory_is_read_in_blocks_of_whole_chunks(stores):
    small, large = open_windows(stores[0], ram_mb=LITTLE_MB), open_windows(stores[0], ram_mb=0.045)
    assert small.ppg is None
    assert (small.block, large.block) == (32, 32)
    assert open_windows(stores[0], ram_mb=0.1).ppg is not None  # 400 windows x 63 x 2 bytes = 0.048 MB


def test_blocks_are_visited_in_another_order_each_epoch(stores):
    windows = open_windows(stores[0], ram_mb=LITTLE_MB)
    position = {tuple(labels): row for row, labels in enumerate(windows.labels)}
    first_blocks = set()
    for epoch in range(6):
        _, _, y = gather(windows, seed=0, epoch=epoch)
        first_blocks.add(position[tuple(y[0])] // windows.block)
    assert len(first_blocks) >= 3


def test_derivatives_are_fed_as_they_are_predicted_with(windows):
    ppg, _ = stored(windows.path)
    _, x, _ = gather(windows, derivatives=True)
    np.testing.assert_allclose(x, input_channels(ppg, True), atol=1e-5)


@pytest.mark.parametrize("shards", [True, False])
def test_chunks_with_and_without_shards_are_read_alike(make_store, tmp_path, shards):
    path = make_store(tmp_path / "some.zarr.zip", 70, shards=shards)
    _, x, _ = gather(open_windows(path, ram_mb=0.001))
    np.testing.assert_array_equal(x[:, :, 0], stored(path)[0])


def test_stores_that_cannot_be_trained_on_are_named(make_store, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.zarr\.zip"):
        open_windows(tmp_path / "absent.zarr.zip")
    (tmp_path / "text.zarr.zip").write_text("no zip")
    with pytest.raises(ValueError, match=r"text\.zarr\.zip is not a store of windows"):
        open_windows(tmp_path / "text.zarr.zip")
    with pytest.raises(ValueError, match="has no windows"):
        open_windows(make_store(tmp_path / "none.zarr.zip", 0))
    labels = np.full((5, 2), 100.0)
    labels[2, 1] = np.nan
    with pytest.raises(ValueError, match="1 labels are not finite"):
        open_windows(make_store(tmp_path / "nan.zarr.zip", 5, labels=labels))
    with zarr.storage.ZipStore(tmp_path / "bare.zarr.zip", mode="w") as store:
        zarr.create_group(store)
    with pytest.raises(ValueError, match=r"bare\.zarr\.zip is not a store"):
        open_windows(tmp_path / "bare.zarr.zip")
