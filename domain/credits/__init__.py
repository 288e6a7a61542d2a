"""What is given back: unused time, credit notes, and documents that would be negative."""
