"""Electronic transport of inorganic compounds from what they are made of."""
