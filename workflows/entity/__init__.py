"""What every long-lived workflow has: steps, outbox, operator view and signals to others."""
