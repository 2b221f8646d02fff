"""What can execute a workload: one file a backend, found by itself (see `backends.discovery`)."""
