"""Readers of one file format each. They run in worker processes only: what they open, strangers sent."""
