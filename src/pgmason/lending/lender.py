"""How does a running process borrow databases with a product's schema?

`lending` holds a lease on the scratch server and gives clones of the product's template, by name: who asks twice under
a name has the same database, as the workers of a test runner expect. Whatever ends the process, its databases go. A
seeded database, where one was made, takes the template's place.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.config import Product
from pgmason.lending.template import ProductTemplate, product_template
from pgmason.postgres.clones import Clone, Clones
from pgmason.postgres.platforms import named_platform
from pgmason.postgres.scratch import TemplateGone
from pgmason.postgres.server import Server, lease_server

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Lender", "lending"]


@dataclass(slots=True)
class Lender:
    """Clones of one product's schema. Safe to use from several threads."""

    product: Product
    server: Server
    template: ProductTemplate
    what: str
    _clones: Clones
    _named: dict[str, Clone] = field(default_factory=dict)
    _spare: list[Clone] = field(default_factory=list)
    _seeded: Clone | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def borrow(self, *, by: Connection[Any] | None = None) -> Clone:
        """A clone of its own. Raises ServerFailed, or as `read_product` does where the template must be made again.

        A thread that brings a superuser's connection (`by`) is not kept waiting by others, nor they by it.
        """
        with self._lock:
            seeded, digest = self._seeded, self.template.digest
        if seeded is not None:
            return self._clones.clone(of=seeded.database, by=by)
        try:
            return self._clones.clone(template=digest, by=by)
        except TemplateGone:  # evicted meanwhile
            with self._lock:
                self.template = product_template(self.server, self.product, what=self.what)
                return self._clones.clone(template=self.template.digest, by=by)

    def borrow_named(self, name: str) -> Clone:
        """The clone that goes by a name; made when it is asked for first."""
        with self._lock:
            if name not in self._named:
                self._named[name] = self._spare.pop() if self._spare else self.borrow()
            return self._named[name]

    def prepare(self, count: int) -> None:
        """Make so many clones for names that are not known yet."""
        with self._lock:
            self._spare += [self.borrow() for _ in range(count)]

    def give_back_named(self, name: str) -> None:
        """Drop the clone that goes by a name, if there is one."""
        with self._lock:
            clone = self._named.pop(name, None)
        if clone is not None:
            self._clones.drop(clone)

    def clone_from(self, clone: Clone) -> None:
        """Let every later clone be one of this database, to which nobody connects any more."""
        with self._lock:
            self._seeded = clone

    def give_back(self, clone: Clone, *, by: Connection[Any] | None = None) -> None:
        """Drop a clone; who is still connected is ended."""
        self._clones.drop(clone, by=by)

    @property
    def clones(self) -> Clones:
        """For looking into a clone as the superuser does."""
        return self._clones


@contextmanager
def lending(product: Product, *, what: str) -> Iterator[Lender]:
    """A lender of a product's schema, for as long as the context lasts; `what` is shown by `pgmason server status`."""
    with lease_server(product.major, what=what) as server:
        clones = Clones(server, named_platform(product.platform))
        try:
            template = product_template(server, product, what=what)
            yield Lender(product=product, server=server, template=template, what=what, _clones=clones)
        finally:
            clones.close()
