"""Functions of the alerting notebooks. They take the Spark session, the workspace client and secrets as arguments."""
