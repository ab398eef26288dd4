"""Reviews a file of limits: `python -m services.ratelimit.review [FILE]`. Names what cannot hold, what another limit
shadows, and what no call of the contract can ever reach. CI runs it on the limits that a new mesh begins with.
"""

import sys
from collections import defaultdict
from pathlib import Path

from clients import contract
from services._platform.errors import Refusal
from services.ratelimit.convert import limit_file
from services.ratelimit.domain import review


def complaints(file: Path) -> list[str]:
    """What is wrong with a file, a line for each finding; empty when nothing is."""
    try:
        limits = limit_file.read(file)
    except Refusal as refusal:
        return [str(refusal)]
    found = [*review.findings(limits), *review.unreached(limits, vocabulary())]
    return [f"{refusal.metadata.get('rateLimit', '')}: {refusal}" for refusal in found]


def vocabulary() -> dict[str, frozenset[str]]:
    """The values that the entries of a descriptor can have, of those entries that the contract fills."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for service in contract.services():
        for method in contract.methods(service):
            for key, value in method.entries.items():
                found[key].add(value)
    return {key: frozenset(values) for key, values in found.items()} | {"role": frozenset(contract.roles())}


def main() -> int:
    """Says what is wrong; returns the exit code."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else limit_file.SHIPPED
    found = complaints(file)
    sys.stdout.write("\n".join(found or [f"{file.name}: every limit holds and can be reached"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
