"""What does a rule over application code judge?

One file of the product's own programs as a tree, with the origin of its texts and the calls that ask a database. A
rule decides from that file alone: what other files do with it, it does not see.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from pgmason.application.calls import Ask, asks_of
from pgmason.application.model import (
    Assign,
    Branch,
    Do,
    Function,
    Group,
    Import,
    Leave,
    Loop,
    Module,
    Name,
    Node,
    Try,
    With,
    descend,
    root_of,
)
from pgmason.application.origins import Origins
from pgmason.application.scopes import Scopes
from pgmason.config import Product
from pgmason.findings import Finding, Place, Severity
from pgmason.rules.rule import Rule

__all__ = ["CodeInput", "CodeRule"]


@dataclass(frozen=True, kw_only=True)
class CodeInput:
    """One file of application code.

    `file` is from the repository's root with /, `language` typescript, javascript or python, `text` for comments that
    allow something. `modelled` are the relations that the product's ORM has models of, None where that is not known.
    """

    product: Product
    file: str
    language: str
    text: str
    tree: Module
    modelled: frozenset[str] | None = None

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Everything in the file, in order."""
        return tuple(descend(self.tree))

    @cached_property
    def scopes(self) -> Scopes:
        return Scopes(self.tree)

    @cached_property
    def origins(self) -> Origins:
        return Origins(self.scopes)

    @cached_property
    def asks(self) -> tuple[Ask, ...]:
        """The calls that ask a database, in the order of the file."""
        found = asks_of(self.scopes, self.origins, iter(self.nodes), python=self.language == "python")
        return tuple(sorted(found, key=lambda ask: ask.node.line))

    @cached_property
    def changed(self) -> frozenset[str]:
        """The names of things whose members are given a value after they were made."""
        targets = [node.target for node in self.nodes if isinstance(node, Assign) and node.target is not None]
        return frozenset(root.name for root in map(root_of, targets) if isinstance(root, Name))

    @cached_property
    def statement_lines(self) -> tuple[int, ...]:
        """The lines on which statements begin, sorted."""
        statements = (Assign, Branch, Do, Function, Group, Import, Leave, Loop, Try, With)
        return tuple(sorted({node.line for node in self.nodes if isinstance(node, statements)}))

    def around(self, node: Node) -> str:
        """The function that an expression stands in, with its class; "" at the top of the file."""
        function = self.scopes.function_around(node)
        if function is None:
            return ""
        return f"{function.owner}.{function.name}" if function.owner else function.name


class CodeRule(Rule):
    """A rule over one file. `bad` and `good` are files of `language`, of a product with Prisma."""

    language: ClassVar[str] = "typescript"

    @abstractmethod
    def check(self, code: CodeInput) -> Iterator[Finding]:
        """Every finding, in the order of the file."""

    def finding(
        self,
        code: CodeInput,
        node: Node,
        *,
        message: str,
        fix: str | None = None,
        detail: str = "",
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule at a node. Its fingerprint holds the file, the function around and `detail`, which
        has no lines and nothing that the code's values are."""
        around = code.around(node)
        where = f"{around}(): " if around else ""
        return Finding(
            rule=self.name,
            severity=severity or self.severity,
            object=None,
            message=where + message,
            effect=self.effect,
            fix=fix,
            detail=f"{code.file} {around} {detail}".rstrip(),
            place=Place(file=code.file, line=node.line),
        )
