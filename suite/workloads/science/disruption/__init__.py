"""Disruption warning in tokamaks: a tearing mode that grows, slows down, locks and ends the discharge."""
