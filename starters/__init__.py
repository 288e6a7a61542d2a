"""The front doors: HTTP API, webhooks, command line and the client for services."""
