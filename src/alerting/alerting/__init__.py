"""What the alerting notebooks do. Each takes the Spark session, the workspace client and the secrets as arguments."""
