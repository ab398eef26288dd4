"""What a limit is and what it decides, free of stores and transport."""
