"""The rulebook: pure functions from facts to values; no clock, no I/O, no Temporal."""
