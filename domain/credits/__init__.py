"""What is given back: unused time, credit notes, and invoices whose total would be negative."""
