"""File transfer: requests, resumed parts and checksums; independent of signals."""
