"""Connectors: one per outside system. Each translates between the system's wire format and domain values."""
