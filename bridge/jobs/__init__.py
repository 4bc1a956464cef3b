"""Ways in that the clock opens: the worker that keeps the outbox's promises, and the sweeps."""
