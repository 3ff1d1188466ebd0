"""Which columns of a file are which, told by their names."""
