"""A contract type for import-linter: modules that import the standard library, what is allowed, and no more."""

import sys
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyImports(Contract):
    """`modules` import only themselves, the standard library and `allowed`, directly.

    Both are lists of module expressions; of a third party only the top-level package can be named. An expression
    that matches nothing is fine, so that a rule can stand before the first module that it binds.
    """

    type_name = "only"

    modules = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        modules = _matching(graph, cast("list[str]", self.modules))
        allowed = _matching(graph, cast("list[str]", self.allowed)) | modules | sys.stdlib_module_names
        found = [
            (importer, imported)
            for importer in sorted(modules)
            for imported in sorted(graph.find_modules_directly_imported_by(importer) - allowed)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["found"]:
            output.print_error(f"{importer} is not allowed to import {imported}", bold=False)
        output.new_line()


def _matching(graph: ImportGraph, expressions: list[str]) -> set[str]:
    return {module for expression in expressions for module in graph.find_matching_modules(expression)}
