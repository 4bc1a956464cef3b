"""What staff see: pure functions that return Block Kit."""
