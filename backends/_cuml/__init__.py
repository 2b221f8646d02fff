"""What the two cuML backends share, and the tables of what becomes of parameters there."""
