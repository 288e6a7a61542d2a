"""Who buys, and what was ordered."""
