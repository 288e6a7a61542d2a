"""The subscription: an entity that lives for years."""
