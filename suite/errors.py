"""The errors that a user meets: one clear line each, never a traceback."""


class UsageError(Exception):
    """Something the user gave cannot be used: the message says what, with which value, and what to do (exit 2)."""


class DataUnavailableError(UsageError):
    """Data that lie elsewhere cannot be had here (no network, a package is missing): others can be measured without."""


class NothingMeasuredError(Exception):
    """The run ended without a single measured case (exit 3)."""
