"""The invoice workflow: issue, collect, unlock, close."""
