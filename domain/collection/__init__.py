"""How an invoice is collected: attempts, declines, retries and deadlines."""
