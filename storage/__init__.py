"""Our own tables: orders, accounts, business events, the read model and the number register."""
