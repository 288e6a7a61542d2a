"""The few calls to Temporal that services make."""
