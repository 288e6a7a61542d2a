"""What one machine starts for evaluation; no production process imports it."""
