"""The rules of identity: plain data and pure functions."""
