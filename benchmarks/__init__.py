"""Figures, as ratios of controls measured in the same run. Nothing here decides a test."""
