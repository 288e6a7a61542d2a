"""What other programs and people use to reach the workflows: HTTP API, webhooks and command line."""
