"""Pure functions: ratios, intervals, verdicts. Imports nothing of ours."""
