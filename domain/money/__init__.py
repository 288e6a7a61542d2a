"""Amounts of money: minor units, currencies and rounding."""
