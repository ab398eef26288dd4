"""Events: typed publish and subscribe on a log in Postgres, and webhooks out."""
