"""What an account may use: grants and holds."""
