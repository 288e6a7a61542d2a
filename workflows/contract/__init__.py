"""The public contract of the workflows: messages, task queues and search attributes."""
