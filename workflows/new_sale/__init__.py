"""The sale: from an accepted order to an activated subscription."""
