"""Subtypes of tumours and kinds of cells, found in the expression of their genes without being told of them."""
