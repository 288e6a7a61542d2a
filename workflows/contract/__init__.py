"""What others may know of the workflows: messages, task queues and search attributes."""
