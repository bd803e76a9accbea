"""Whose state may a statement have changed?

Reading the states of all relations after each statement would take too long where there are many; too few, and a change
stays unseen. Pure: a sight and what was known give the relations and types to ask about.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgmason.effects.differences import PG_CLASS, PG_TYPE
from pgmason.effects.known import Address, Known
from pgmason.effects.observe import Sight
from pgmason.locks import LockMode

__all__ = ["newest_relation", "oids_of", "to_ask"]

# What may rename or revalue a type that others are made of: of these every type is asked about.
_ABOUT_TYPES = ("ALTER DOMAIN", "DROP DOMAIN", "ALTER TYPE")


def to_ask(sight: Sight, new_modes: Mapping[int, frozenset[LockMode]], known: Known) -> set[Address]:
    """Whose state may have changed: what notes name, what was newly locked for more than rows, what has new
    storage, and the tables and indexes around these."""
    relations: set[int] = set()
    types: set[int] = set()
    paths: set[tuple[str, ...]] = set()
    for note in sight.notes:
        if note.classid == PG_CLASS:
            relations.add(note.objid)
        elif note.classid == PG_TYPE:
            types.add(note.objid)
        elif len(note.names) == 3:
            paths.add(note.names[:2])
        if note.tag in _ABOUT_TYPES:
            types |= {oid for catalog, oid in known if catalog == "type"}
    relations |= {
        oid
        for oid, modes in new_modes.items()
        if any(mode.strength >= LockMode.SHARE_UPDATE_EXCLUSIVE.strength for mode in modes)
    }
    if types:
        relations |= {
            state.oid for state in known.values() if any(member.type[0] in types for member in state.members.values())
        }
    for held in sight.held:
        state = known.get(("relation", held.relation))
        if state is not None and held.filenode != state.filenode:
            relations.add(held.relation)
    if relations or paths:
        named = relations | {
            state.oid for (catalog, _), state in known.items() if catalog == "relation" and state.identity.path in paths
        }
        around = set(named)
        for (catalog, oid), state in known.items():
            if catalog != "relation":
                continue
            if state.table in named or (state.parents and not named.isdisjoint(state.parents)):
                around.add(oid)
            if oid in named:
                around |= {state.table, *state.parents} - {0}
                around |= {member.references for member in state.members.values()} - {0}
        relations = around
    return {("relation", oid) for oid in relations} | {("type", oid) for oid in types}


def newest_relation(known: Known) -> int:
    return max((oid for catalog, oid in known if catalog == "relation"), default=0)


def oids_of(asked: set[Address]) -> tuple[list[int], list[int]]:
    return (
        [oid for catalog, oid in asked if catalog == "relation"],
        [oid for catalog, oid in asked if catalog == "type"],
    )
