"""The root of every error that a person is meant to read."""


class TidemarkError(Exception):
    """What is wrong, where, and what to do about it, in one clear paragraph."""
