"""The page of a judgement."""
