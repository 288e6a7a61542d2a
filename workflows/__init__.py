"""The timeline: what happens in which order, what is waited for, what is undone."""
