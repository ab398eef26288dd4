"""The rules of jobs: plain Python, without a database."""
