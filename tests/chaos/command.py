"""What the commands that make chaos share."""

import argparse
import secrets
import sys


def given(prog: str, description: str | None) -> tuple[float, int]:
    """For how many seconds, and by which seed."""
    arguments = argparse.ArgumentParser(prog=prog, description=description)
    arguments.add_argument("--seconds", type=float, default=120.0)
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(1 << 16))
    found = arguments.parse_args()
    return found.seconds, found.seed


def say(line: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
