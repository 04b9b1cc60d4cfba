"""Runs notebooks, queries and sample data in processes of the local workspace, on the engine Sail."""
