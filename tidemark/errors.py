"""The root of every error that a person is meant to read."""


class TidemarkError(Exception):
    """What is wrong, where, and what to do about it, in one clear paragraph."""


class WrongUsage(TidemarkError):
    """What was asked for cannot be: an unknown name, a span that ends before it begins."""
