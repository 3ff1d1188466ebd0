"""How files travel: requests, resumed parts, checksums; it knows nothing of signals."""
