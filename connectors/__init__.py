"""The phones: one module per outside system; its wire format on one side, domain values on the other."""
