"""What follows a decision: effects on other systems, emails, business events, inbound events."""
