"""Temporal activities: one effect each. They use the domain and the ports, never a client."""
