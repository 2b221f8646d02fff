"""What a reader sees: the HTML report and tables."""
