"""A sale from its order to the outcome of its first invoice: states, transitions and the next step."""
