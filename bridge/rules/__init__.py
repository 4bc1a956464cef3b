"""Decisions: pure functions that know no clock, no database and no network."""
