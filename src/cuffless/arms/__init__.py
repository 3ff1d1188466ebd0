"""Arms of the study: who trains, calibrates and tests."""
