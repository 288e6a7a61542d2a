"""Temporal activities: one effect each, and a payment with its grant. They use the domain and the ports, never a client."""
