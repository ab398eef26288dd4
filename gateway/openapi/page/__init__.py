"""The API page: the OpenAPI document for people. One file, no request to anyone, readable without scripts."""

import base64
import hashlib
from pathlib import Path
from string import Template

from gateway.openapi.page.operations import operation
from gateway.openapi.page.types import types
from gateway.openapi.page.words import anchor, escape, prose
from gateway.proto_json import Json

_HERE = Path(__file__).parent


def page(document: Json) -> bytes:
    """The page of an OpenAPI document."""
    style, script = _part("page.css"), _part("page.js")
    sections, links = [], []
    for tag in document["tags"]:
        found = [
            (path, verb, said)
            for path, verbs in document["paths"].items()
            for verb, said in verbs.items()
            if tag["name"] in said["tags"]
        ]
        title = _title(tag["name"])
        links.append(f'<h2><a href="#{anchor(tag["name"])}">{escape(title)}</a></h2>')
        links += [_link(path, verb, said) for path, verb, said in found]
        heading = f'<h2 id="{anchor(tag["name"])}">{escape(title)}</h2>{prose(tag["description"])}'
        sections.append(f"<section>{heading}{''.join(operation(*one, document) for one in found)}</section>")
    return (
        Template(_part("page.html"))
        .substitute(
            title=escape(document["info"]["title"]),
            version=escape(document["info"]["version"]),
            about=prose(document["info"]["description"]),
            links="\n".join(links),
            sections="\n".join(sections),
            types=types(document["components"]["schemas"]),
            style=style,
            script=script,
        )
        .encode()
    )


def policy() -> str:
    """The Content-Security-Policy under which the page works: its own style, its own script, nothing else."""
    style, script = (_digest(_part(name)) for name in ("page.css", "page.js"))
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _part(name: str) -> str:
    return (_HERE / name).read_text()


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _title(tag: str) -> str:
    """`inventory.v1.ProductService` is inventory, Product."""
    area, version, service = tag.split(".")
    return f"{area} {version} · {service.removesuffix('Service')}"


def _link(path: str, verb: str, said: Json) -> str:
    old = " class=old" if said.get("deprecated") else ""
    words = escape(f"{verb} {path} {said['summary']} {said['x-mesh']['rpc']}".lower())
    target = anchor(said["operationId"])
    return (
        f'<a{old} href="#{target}" data-words="{words}"><b class="verb {verb}">{verb}</b>'
        f"<span>{escape(said['summary'])}</span></a>"
    )
