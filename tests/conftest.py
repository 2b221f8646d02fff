"""What holds for all tests."""

from hypothesis import settings

# A shared machine may stop for longer than any deadline.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
