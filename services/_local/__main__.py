"""The commands behind `make up`, `down`, `status`, `logs`, `restart` and `demo`: python -m services._local COMMAND"""

import argparse
import sys
from pathlib import Path

from services._local.layout import CHECKOUT, Layout, MeshError


def main() -> int:
    """Runs a command; returns the exit code."""
    arguments = _parse()
    layout = Layout(arguments.folder.resolve())
    try:
        return _run(arguments.command, layout, arguments.service)
    except MeshError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _run(command: str, layout: Layout, service: str) -> int:
    # Each command imports only what it needs: `status` and `logs` are typed often.
    match command:
        case "up":
            from services._local.up import up

            up(layout)
        case "down":
            from services._local.down import down

            down(layout)
        case "status":
            from services._local.status import status

            return 0 if status(layout) else 1
        case "logs":
            from services._local.logs import follow

            follow(layout, service)
        case "demo":
            from services._local.shopper import tell

            tell(layout)
        case "restart":
            from services._local.restart import restart

            restart(layout, service)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services._local", description="The local mesh.")
    parser.add_argument("command", choices=("up", "down", "status", "logs", "restart", "demo"))
    parser.add_argument("service", nargs="?", default="", help="only this one (logs, restart)")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".mesh", help="where the mesh lives")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
