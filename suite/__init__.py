"""Evenhand: what is executed, how it is measured, what is recorded and shown."""

__version__ = "0.1.0"
