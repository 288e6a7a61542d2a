"""The HTTP API and its webhooks."""
