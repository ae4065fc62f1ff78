"""One result in; one table, page or file out."""
