"""Handwritten digits, as on letters to be sorted: straightened, then told apart."""
