"""Temporal workflows: what happens in which order, what they wait for and what they undo."""
