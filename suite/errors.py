"""The errors that a user meets: one clear line each, never a traceback."""


class UsageError(Exception):
    """Something the user gave cannot be used: the message says what, with which value, and what to do (exit 2)."""


class NothingMeasuredError(Exception):
    """The run ended without a single measured case (exit 3)."""
