"""From a face video to windows of its pulse wave: beside records, another way to get windows."""
