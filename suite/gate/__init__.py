"""The gate of a CI: rules from a TOML file, judged on ratios that were measured side by side in one run."""
