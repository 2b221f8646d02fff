"""The sources of data, one file a kind: each names its sources in `SOURCES` and is found by itself."""
