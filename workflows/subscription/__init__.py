"""The subscription workflow: it lives for years."""
