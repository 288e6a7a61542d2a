"""Migrations of our tables; run them with `storage.migrate`."""
