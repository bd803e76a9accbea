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

from pgmason.config import Product
from pgmason.lending.template import ProductTemplate, product_template
from pgmason.postgres.clones import Clone, Clones
from pgmason.postgres.scratch import TemplateGone
from pgmason.postgres.server import Server, lease_server

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

    def borrow(self) -> Clone:
        """A clone of its own. Raises ServerFailed, or as `read_product` does where the template must be made again."""
        with self._lock:
            if self._seeded is not None:
                return self._clones.clone(of=self._seeded.database)
            try:
                return self._clones.clone(template=self.template.digest)
            except TemplateGone:  # evicted meanwhile
                self.template = product_template(self.server, self.product, what=self.what)
                return self._clones.clone(template=self.template.digest)

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

    def give_back(self, clone: Clone) -> None:
        """Drop a clone; who is still connected is ended."""
        with self._lock:
            self._clones.drop(clone)

    @property
    def clones(self) -> Clones:
        """For looking into a clone as the superuser does."""
        return self._clones


@contextmanager
def lending(product: Product, *, what: str) -> Iterator[Lender]:
    """A lender of a product's schema, for as long as the context lasts; `what` is shown by `pgmason server status`."""
    with lease_server(product.major, what=what) as server:
        clones = Clones(server)
        try:
            template = product_template(server, product, what=what)
            yield Lender(product=product, server=server, template=template, what=what, _clones=clones)
        finally:
            clones.close()
