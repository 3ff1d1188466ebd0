"""Videos: their files, frames and frame times."""
