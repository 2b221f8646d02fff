"""Melting points of organic molecules from descriptors of their structure."""
