"""Finding communities in a network from the eigenvectors of its adjacency matrix."""
