"""What runs in the processes of the local workspace: notebooks, queries and sample data, on Sail."""
