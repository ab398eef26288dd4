"""The rules of sagas, in plain Python: what a definition may be, and the state machine of a run."""
