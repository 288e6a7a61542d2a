"""Double entry: the ledger, the postings of business events, and revenue schedules."""
