"""The scripts that Redis runs. A script is made of parts: each algorithm is one, and what a script does comes last.

Every counter is one key. All keys of a domain share a hash tag, so that one script may touch several of them, also in
a cluster. Time is Redis's own, so that the clocks of replicas do not matter.
"""

from importlib.resources import files

ALGORITHMS = (
    "common",
    "token_bucket",
    "leaky_bucket",
    "fixed_window",
    "sliding_window",
    "sliding_log",
    "concurrency",
    "algorithms",
)
DECIDE = (*ALGORITHMS, "batch", "loans", "bounds", "decide")
LEND = ("loans", "lend")
CLOCK = "clock"


def text(*parts: str) -> str:
    """The text of these parts, in this order."""
    return "\n".join((files(__package__) / f"{part}.lua").read_text() for part in parts)
