"""File formats that recordings are read from."""
