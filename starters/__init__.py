"""The front services: HTTP API, webhooks, command line and the client for services."""
