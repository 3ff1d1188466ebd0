"""What README and guide show of the default study: pictures, and what commands print. Made by `make pictures`.

Only what matplotlib draws is shown: a screenshot of a page needs a browser, which would be a dependency for
pictures alone. Everybody in the pictures is simulated.
"""
