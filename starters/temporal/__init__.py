"""The few calls to Temporal that the API makes."""
