"""Workday Financials as the ERP."""
