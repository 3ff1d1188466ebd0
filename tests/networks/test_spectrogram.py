import numpy as np
import pytest
from scipy.signal.windows import hann


def spectrogram(signal, n_fft, hop):
    from cuffless.architectures.layers.spectrogram import DecibelSpectrogram

    return np.asarray(DecibelSpectrogram(n_fft, hop)(signal.astype(np.float32)[:, :, None]))


@pytest.mark.parametrize(("n_fft", "hop"), [(64, 64), (32, 16), (33, 10)])
def test_the_matrix_products_are_a_fourier_transform(windows, n_fft, hop):
    found = spectrogram(windows, n_fft, hop)
    frames = (175 - n_fft) // hop + 1
    starts = hop * np.arange(frames)
    cut = windows.astype(float)[:, starts[:, None] + np.arange(n_fft)] * hann(n_fft, sym=False)
    expected = 10 * np.log10(np.abs(np.fft.rfft(cut)) ** 2)
    assert found.shape == (16, frames, n_fft // 2 + 1)
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_power_is_cut_off_80_db_below_each_windows_own_maximum():
    time = np.arange(256)
    quiet, loud = np.sin(2 * np.pi * time / 8), 1000 * np.sin(2 * np.pi * time / 8)
    together = spectrogram(np.stack([quiet, loud]), 64, 64)
    np.testing.assert_allclose(together.max(axis=(1, 2)) - together.min(axis=(1, 2)), 80, atol=1e-3)
    np.testing.assert_allclose(together[0], spectrogram(quiet[None], 64, 64)[0], atol=1e-4)


def test_a_flat_window_has_a_finite_spectrogram():
    assert np.isfinite(spectrogram(np.zeros((1, 100)), 64, 16)).all()


def test_a_frame_longer_than_the_window_is_refused():
    with pytest.raises(ValueError, match="n_fft 64 exceeds the window's 50 samples: lower n_fft"):
        spectrogram(np.zeros((1, 50)), 64, 64)


@pytest.mark.parametrize(("length", "n_fft", "hop"), [(10**9, 64, 1), (10**5, 10**5, 1)])
def test_sizes_that_no_memory_holds_are_refused_before_they_are_laid_out(length, n_fft, hop):
    from cuffless.architectures.layers.spectrogram import DecibelSpectrogram

    with pytest.raises(ValueError, match=rf"n_fft {n_fft} and hop 1 need [\d,]+ numbers; lower n_fft or raise hop"):
        DecibelSpectrogram(n_fft, hop).build((None, length, 1))
