"""From records to rows: speed-ups, verdicts, means and notes."""

from suite.analyse.run import analyse

__all__ = ["analyse"]
