"""Effects of decisions on other systems, emails, business events, and inbound events."""
