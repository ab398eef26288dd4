"""The rate limiter: which calls there may be, how many, and who decides."""
