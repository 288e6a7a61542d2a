"""The hands: one effect each. They know the domain and ports, never a client."""
