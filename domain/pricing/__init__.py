"""What a plan costs: prices, discounts, taxes, versions and the terms that were sold."""
