"""Invoices as documents: lines, totals, parties, and how the document of a period is made."""
