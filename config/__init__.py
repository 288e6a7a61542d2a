"""The fuse box: settings, catalog and policy files, the Temporal connection, telemetry."""
