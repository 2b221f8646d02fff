"""Turbulent flow over a backward-facing step: its eddy viscosity is learnt, once a flow or at every iteration."""
