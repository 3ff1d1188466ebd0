"""From a face video to windows of its pulse wave: another source of windows, besides records."""
