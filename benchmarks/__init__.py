"""Runnable figures: what this project costs and how good it is, beside what a person would use instead."""
