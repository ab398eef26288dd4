"""Postgres: definitions, and the journal of sagas."""
