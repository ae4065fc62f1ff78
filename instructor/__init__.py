"""The instructor's side: solutions, release and the examination of the course."""
