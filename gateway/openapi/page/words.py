"""Prose of the contract as HTML: paragraphs, lists and code; everything else is text."""

import html
import re

_CODE = re.compile(r"`([^`]+)`")


def escape(text: str) -> str:
    """As text."""
    return html.escape(text)


def code(text: str) -> str:
    """As code."""
    return f"<code>{escape(text)}</code>"


def inline(text: str) -> str:
    """A line, with code between backticks."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def prose(text: str) -> str:
    """Paragraphs; lines that begin with `*` are a list."""
    lines = [line for line in text.splitlines() if line.strip()]
    items = [f"<li>{inline(line[2:])}</li>" for line in lines if line.startswith("* ")]
    said = [f"<p>{inline(paragraph)}</p>" for paragraph in _paragraphs(text) if paragraph]
    return "".join(said) + (f"<ul>{''.join(items)}</ul>" if items else "")


def anchor(name: str) -> str:
    """The fragment under which something is found."""
    return name.replace(".", "-")


def _paragraphs(text: str) -> list[str]:
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("* "))
    return [" ".join(paragraph.split()) for paragraph in kept.split("\n\n")]
