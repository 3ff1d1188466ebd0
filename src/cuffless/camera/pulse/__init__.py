"""From mean colours to a pulse wave, its rate and its SNR."""
