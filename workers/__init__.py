"""The engine room: builds everything a worker process needs and runs it."""
