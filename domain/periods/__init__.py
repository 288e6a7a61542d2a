"""Billing periods on a calendar, their alignment, and the parts of them that are prorated."""
