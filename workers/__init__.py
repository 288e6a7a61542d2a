"""The worker process: builds everything that it needs, and runs it."""
