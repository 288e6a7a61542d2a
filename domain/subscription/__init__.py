"""A subscription from its first invoice to its end: states, transitions and the next step."""
