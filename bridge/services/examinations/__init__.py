"""The doctor's examinations, one noun to a file. Each looks, says what it finds, and changes nothing."""
