"""Counters in Redis, limits in Postgres, and what a replica knows by itself."""
