"""From a plan to samples: rounds, workers, faults."""
