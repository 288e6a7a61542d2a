"""Changes of plan, quantity or interval, and their preview."""
