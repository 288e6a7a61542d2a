"""What the API and the command line can do, apart from how they are asked."""
