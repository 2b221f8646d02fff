"""Weather: a reduced-order model learnt from snapshots of turbulence assimilates observations in the flow's place."""
