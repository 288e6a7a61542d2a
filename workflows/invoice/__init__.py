"""The invoice: issued, collected, unlocked, closed."""
