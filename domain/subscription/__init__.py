"""The states of a subscription and the clock of its billing periods."""
