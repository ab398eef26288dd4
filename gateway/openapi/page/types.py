"""Schemas as HTML: what a field holds, what limits it, and a table of fields for each type."""

from collections.abc import Mapping

from gateway.openapi.page.words import anchor, code, escape, prose
from gateway.proto_json import Json

_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} entries",
}


def types(schemas: Mapping[str, Json]) -> str:
    """A part for each named type."""
    return "".join(_type(name, schema) for name, schema in schemas.items())


def fields(schema: Json, schemas: Mapping[str, Json]) -> str:
    """The table of the fields that a schema has, of the type that it refers to perhaps."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<p class=of>{kind(schema)}</p>{fields(schemas[name], {})}" if "properties" in schemas[name] else ""
    if "properties" not in schema:
        return f"<p class=of>{kind(schema)}</p>"
    required = schema.get("required", ())
    rows = (row(name, field, required=name in required) for name, field in schema["properties"].items())
    return f"<table>{''.join(rows)}</table>"


def row(name: str, field: Json, *, required: bool) -> str:
    """A field or a parameter, what it holds, and what is said of it."""
    marks = {"required": required, "read only": field.get("readOnly"), "deprecated": field.get("deprecated")}
    said = "".join(f"<em>{mark}</em>" for mark, shown in marks.items() if shown)
    limits = f"<small>{limit(field)}</small>" if limit(field) else ""
    about = prose(field.get("description", ""))
    return f"<tr><th>{code(name)}{said}</th><td>{kind(field)}{limits}</td><td>{about}</td></tr>"


def kind(schema: Json) -> str:
    """What it holds, in a word or two."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{anchor(name)}">{escape(name.rpartition(".")[2])}</a>'
    if schema.get("type") == "array":
        return f"{kind(schema.get('items', {}))}[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {kind(schema['additionalProperties'])}"
    return escape(" ".join(dict.fromkeys(str(schema[key]) for key in ("type", "format") if key in schema)) or "any")


def limit(schema: Json) -> str:
    """What limits it."""
    said = [text.format(f"{schema[key]:,}") for key, text in _LIMITS.items() if key in schema]
    if "pattern" in schema:
        said.append(code(schema["pattern"]))
    inner = limit(schema["items"]) if isinstance(schema.get("items"), dict) else ""
    return ", ".join(said) + (f"; each {inner}" if inner else "")


def _type(name: str, schema: Json) -> str:
    area, _, short = name.rpartition(".")
    heading = f'<h3 id="{anchor(name)}">{escape(short)} <small>{escape(area)}</small></h3>'
    body = fields(schema, {}) if "properties" in schema else ""
    return f"<article class=type>{heading}{prose(schema.get('description', ''))}{body}</article>"
