"""Judges a mesh that runs elsewhere: `python -m tests.contract --target HOST:PORT [--edge URL] ...`

It writes to the mesh: every law makes resources of its own. What follows `--` goes to pytest, for example
`-- -k ProductService -x`.
"""

import argparse
import sys
from pathlib import Path

import pytest

from clients.contract import IMAGE
from tests.contract import golden, seeds

_LAWS = Path(__file__).with_name("test_laws.py")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.contract", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    target = "HOST:PORT of a server, or AREA=HOST:PORT, as often as needed"
    parser.add_argument("--target", required=True, action="append", help=target)
    parser.add_argument("--edge", help="URL of the edge in front of it")
    callers = "JSON file of access tokens by who has them: operator, role:NAME, scope:PERMISSION"
    parser.add_argument("--callers", type=Path, help=callers)
    parser.add_argument("--postgres", help="DSN of its store as superuser, so that writes can be seen")
    parser.add_argument("--descriptors", type=Path, default=IMAGE, help="descriptor image of the contract")
    parser.add_argument("--seeds", default=seeds.__name__, help="package with one seed module per area")
    parser.add_argument("--golden", type=Path, default=golden.FOLDER, help="folder of golden binaries")
    parser.add_argument("--report", type=Path, default=Path(".contract"), help="folder of the coverage report")
    parser.add_argument("--deep", action="store_true", help="search longer")
    given, rest = parser.parse_known_args()
    targets = [f"--contract-target={target}" for target in given.target]
    others = {name: value for name, value in vars(given).items() if name not in ("target", "deep")}
    options = [f"--contract-{name}={value}" for name, value in others.items() if value is not None]
    deep = ["--deep"] if given.deep else []
    sys.exit(pytest.main([str(_LAWS), *targets, *options, *deep, *(one for one in rest if one != "--")]))


if __name__ == "__main__":
    main()
