"""How are the statements of those who borrow overheard?

Their URLs name a proxy on this machine instead of the server; what passes is judged by traffic/. Which columns refer
to which is read from the lender's own clone, at the end or when the first conclusion is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pgmason.lending.lender import Lender
from pgmason.postgres.clones import Clone
from pgmason.traffic.lookups import LookupWatch
from pgmason.traffic.proxy import Proxy
from pgmason.traffic.relations import Relations, read_relations

__all__ = ["Hearing", "listen", "relations_of"]


@dataclass(slots=True)
class Hearing:
    """A proxy in front of the scratch server, and who listens to it. It passes on once it serves."""

    proxy: Proxy
    watch: LookupWatch

    def through(self, clone: Clone) -> Clone:
        """The same database, by way of the proxy."""
        return replace(clone, port=self.proxy.port)


@contextmanager
def listen(lender: Lender) -> Iterator[Hearing]:
    """Overhear what goes by way of the proxy until the context ends; the watch can be asked afterwards."""
    known: list[Relations] = []
    watch = LookupWatch(relations=lambda: known[0] if known else Relations())
    hearing = Hearing(Proxy(lender.server.state["port"], watch), watch)
    try:
        yield hearing
    finally:
        hearing.proxy.close()
        known.append(relations_of(lender)())


def relations_of(lender: Lender) -> Callable[[], Relations]:
    """Which columns refer to which in the product's schema."""

    def read() -> Relations:
        with lender.clones.observer(lender.borrow_named("main")) as observer:
            return read_relations(observer)

    return read
