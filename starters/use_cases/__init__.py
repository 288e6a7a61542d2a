"""What the API and the command line can do, independent of HTTP and of the terminal."""
