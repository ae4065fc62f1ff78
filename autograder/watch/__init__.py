"""``autograder watch``: save, see, understand.

Two processes. One draws the terminal, reads keys and sees files change (loop); it never imports torch. The other grades
(grader): it has everything imported, the tests loaded, and the next examples drawn before a save arrives.
"""
