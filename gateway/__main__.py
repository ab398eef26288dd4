"""`python -m gateway --topology FILE.json --out FOLDER`: writes the configuration of the edge.

Start Envoy with `envoy -c FOLDER/bootstrap.json`. Run this again whenever the contract or the replicas change:
Envoy takes the new files by itself.
"""

import argparse
import sys
from pathlib import Path

from clients.contract import IMAGE, ContractError
from gateway.address import TopologyError
from gateway.compiler import compile as compile_edge
from gateway.files import write
from gateway.topology import Topology


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    arguments.add_argument("--topology", type=Path, required=True, help="edge, admin and the replicas of every area")
    arguments.add_argument("--out", type=Path, required=True, help="the folder to write")
    arguments.add_argument("--image", type=Path, default=IMAGE, help="the contract's descriptor image")
    given = arguments.parse_args()
    folder = given.out.resolve()
    try:
        files = compile_edge(given.image, Topology.read(given.topology), folder)
        write(files, folder)
    except (ContractError, TopologyError, OSError) as error:
        sys.exit(f"gateway: {error}")


if __name__ == "__main__":
    main()
