"""Configuration: settings, catalog and policy files, the Temporal connection, telemetry."""
