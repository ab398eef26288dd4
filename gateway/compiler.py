"""Compiles the contract and a topology to the files that Envoy runs on."""

import json
from pathlib import Path
from typing import TypeAlias

from gateway import authentication, browsers, strict_json, tracing
from gateway import surface as surfaces
from gateway.address import TopologyError
from gateway.bootstrap import bootstrap, file_source
from gateway.clusters import cluster
from gateway.filters import http_filters
from gateway.listener import listener
from gateway.openapi.document import document
from gateway.openapi.page import page, policy
from gateway.pages import Page
from gateway.proto_json import Json, typed
from gateway.routes import route_configuration
from gateway.surface import Surface
from gateway.topology import Topology

Files: TypeAlias = dict[str, Json | bytes]


def compile(image: Path, topology: Topology, folder: Path) -> Files:  # noqa: A001
    """The files by name, in the order in which they can be put in place: each only names those before it.

    `image` is a descriptor image of the contract, `folder` where the files are going to be. Raises `ContractError`
    and `TopologyError`.
    """
    surface = surfaces.read(image)
    if unknown := sorted(set(topology.services) - set(surface.areas)):
        raise TopologyError(f"the contract shows no RPC of {', '.join(unknown)}; it has {', '.join(surface.areas)}")
    script, source = strict_json.script(surface, trust_local=topology.trust_local)
    descriptor_path = str(folder / surface.descriptor_file)
    served = _pages(image, surface, folder)
    filters = http_filters(surface, topology, descriptor_path, str(folder / script))
    return {
        "clusters.json": _clusters(surface, topology),
        surface.descriptor_file: surface.descriptors,
        script: source,
        **{page.file: page.content for page in served},
        "routes.json": _resources(
            "envoy.config.route.v3.RouteConfiguration", route_configuration(surface, topology, descriptor_path, served)
        ),
        "listeners.json": _resources(
            "envoy.config.listener.v3.Listener",
            listener(topology, surface, filters, file_source(folder, "routes.json")),
        ),
        "bootstrap.json": bootstrap(topology, folder),
    }


def _clusters(surface: Surface, topology: Topology) -> Json:
    clusters = [*tracing.clusters(topology.traces)]
    if not topology.trust_local:
        clusters.append(authentication.own_cluster(topology.edge))
    clusters += [
        cluster(release.cluster(area), area, surface, release.replicas)
        for area in surface.areas
        for release in topology.releases(area)
    ]
    return _resources("envoy.config.cluster.v3.Cluster", *clusters)


def _pages(image: Path, surface: Surface, folder: Path) -> tuple[Page, ...]:
    described = document(image, surface)
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()
    return (
        Page("/openapi.json", "application/json", text, browsers.NOTHING, folder),
        Page("/docs", "text/html; charset=utf-8", page(described), policy(), folder),
    )


def _resources(message: str, *resources: Json) -> Json:
    """A `DiscoveryResponse`. It needs no version: Envoy goes by the content."""
    return {"resources": [typed(message, **resource) for resource in resources]}
