"""Compiles the contract and a topology to the files that Envoy runs on."""

from pathlib import Path
from typing import TypeAlias

from gateway import surface as surfaces
from gateway.bootstrap import bootstrap, file_source
from gateway.clusters import cluster, load_assignment
from gateway.listener import listener
from gateway.proto_json import Json, typed
from gateway.routes import route_configuration
from gateway.topology import Topology, TopologyError

Files: TypeAlias = dict[str, Json | bytes]


def compile(image: Path, topology: Topology, folder: Path) -> Files:  # noqa: A001
    """The files by name, in the order in which they can be put in place: each only names those before it.

    `image` is a descriptor image of the contract, `folder` where the files are going to be. Raises `ContractError`
    and `TopologyError`.
    """
    surface = surfaces.read(image)
    if unknown := sorted(set(topology.services) - set(surface.areas)):
        raise TopologyError(f"the contract shows no RPC of {', '.join(unknown)}; it has {', '.join(surface.areas)}")
    descriptor_path = str(folder / surface.descriptor_file)

    files: Files = {}
    for area in surface.areas:
        replicas = topology.services.get(area, ())
        files[_endpoints(area)] = _resources(
            "envoy.config.endpoint.v3.ClusterLoadAssignment", load_assignment(area, replicas)
        )
    files["clusters.json"] = _resources(
        "envoy.config.cluster.v3.Cluster",
        *(cluster(area, surface, file_source(folder, _endpoints(area))) for area in surface.areas),
    )
    files[surface.descriptor_file] = surface.descriptors
    files["routes.json"] = _resources(
        "envoy.config.route.v3.RouteConfiguration", route_configuration(surface, descriptor_path)
    )
    files["listeners.json"] = _resources(
        "envoy.config.listener.v3.Listener",
        listener(topology.edge, surface, descriptor_path, file_source(folder, "routes.json")),
    )
    files["bootstrap.json"] = bootstrap(topology, folder)
    return files


def _endpoints(area: str) -> str:
    return f"endpoints-{area}.json"


def _resources(message: str, *resources: Json) -> Json:
    """A `DiscoveryResponse`. It needs no version: Envoy goes by the content."""
    return {"resources": [typed(message, **resource) for resource in resources]}
