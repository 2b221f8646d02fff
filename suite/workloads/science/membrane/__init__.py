"""Finding the membranes of cells in electron micrographs of tissue."""
