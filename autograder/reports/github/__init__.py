"""Posting a score to GitHub. What the grading job left is hostile: none of it is run, or live in a post."""
