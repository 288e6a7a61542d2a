"""The sale workflow: from an accepted order to an activated subscription."""
