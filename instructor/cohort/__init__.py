"""A whole class: its submissions found, graded one by one, and kept."""
