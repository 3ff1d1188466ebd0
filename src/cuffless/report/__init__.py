"""Pages to read a judgement and a study by: self-contained HTML, and a model's card."""
