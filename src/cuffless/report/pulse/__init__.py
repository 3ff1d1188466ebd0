"""The page of one recording's pulse rate: the answer, what it rests on, and why windows were rejected."""
