"""scikit-learn on arrays of other libraries: what PyTorch, CuPy and dpnp have in common."""
