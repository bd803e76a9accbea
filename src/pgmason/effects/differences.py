"""What changed between two sights of a database: objects made, altered, dropped, and storage replaced.

Pure: compares what was known with what is there, by OID, so that a rename is one and a table made again under an old
name is another table. Event triggers' notes add what relations and types do not show (functions, schemas,
extensions), and tell what was named from what went along.

Left to others: reading (observe.py), locks and counters (witness.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pgmason.effects.known import Address, Known, Member, State
from pgmason.effects.model import AttributeChange, ObjectChange, Rewrite, RewriteKind, Verb
from pgmason.effects.observe import Note
from pgmason.names import ObjectId

__all__ = ["Difference", "compare"]

# OIDs of system catalogs (catalog/pg_*.h), as notes name the class of an object.
PG_CLASS, PG_TYPE, PG_CONSTRAINT = 1259, 1247, 2606

# Kinds as event triggers call them that are ours under another name; None: no object of ours, or told elsewhere.
_KIND: Mapping[str, str | None] = {
    "server": "foreign server", "statistics object": "extended statistics", "default value": None,
    "toast table": None, "operator of access method": None, "function of access method": None,
    "publication relation": None, "publication namespace": None, "default acl": "default privileges",
    "table column": "column", "type": None, "trigger": None, "policy": None, "rule": None,
    "table constraint": None, "domain constraint": None, "composite type": None,
}  # fmt: skip
_RELATION_KINDS = frozenset({"table", "view", "materialized view", "foreign table", "sequence", "index"})
_IN_DATABASE = frozenset({
    "schema", "extension", "language", "event trigger", "publication", "subscription", "foreign-data wrapper",
    "foreign server", "access method", "large object",
})  # fmt: skip
_TOLD_APART = frozenset({"function", "procedure", "aggregate", "operator"})
# pg_default_acl.defaclobjtype, as the words of ALTER DEFAULT PRIVILEGES.
_PRIVILEGED = {
    "r": "tables", "S": "sequences", "f": "functions", "T": "types", "n": "schemas", "L": "large objects",
}  # fmt: skip
_TOLD_OTHERWISE = ("REINDEX", "REFRESH MATERIALIZED VIEW")  # by their rewrites
# Of these the event trigger says CREATE for what it replaced, too.
_REPLACED = frozenset({"function", "procedure", "aggregate", "view", "trigger", "rule", "transform", "language"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Objects in the order in which they were noted, rewrites by name, and what is known now.

    `start` is what was known before the file, where what PostgreSQL made again by itself stands for what it was.
    """

    objects: tuple[ObjectChange, ...]
    rewrites: tuple[Rewrite, ...]
    known: Known
    start: Known


def compare(
    before: Known,
    after: Known,
    *,
    asked: Iterable[Address],
    notes: Sequence[Note],
    start: Known,
    newest: int,
    refreshes: bool,
) -> Difference:
    """What the asked addresses were and are.

    `start` is what was known before the file; `newest` the highest OID of that time. `refreshes` says that the
    statement is, or runs, REFRESH MATERIALIZED VIEW.
    """
    work = _Comparison(
        before=before,
        after=after,
        asked=sorted(set(asked) | set(after)),
        notes=notes,
        start=start,
        newest=newest,
        dropped={(note.objid, note.objsubid): note for note in notes if note.what == "drop"},
    )
    again = work.made_again()
    changes = work.relations_and_types(again)
    changes += work.noted(changes)
    known = {**before, **after}
    for address in work.asked:
        if address not in after:
            known.pop(address, None)
    return Difference(
        objects=tuple(work.in_order(changes)),
        rewrites=work.rewrites(again, refreshes=refreshes),
        known=known,
        start=work.carried_over(again),
    )


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    before: Known
    after: Known
    asked: list[Address]
    notes: Sequence[Note]
    start: Known
    newest: int
    dropped: Mapping[tuple[int, int], Note]

    def made_again(self) -> dict[Address, Address]:
        """New -> old: indexes that PostgreSQL dropped by itself and made again under their name.

        ALTER COLUMN ... TYPE does so with what stands on the column, and REINDEX CONCURRENTLY: nobody asked for the
        drop, so no event trigger heard of it.
        """
        gone = {
            (self.before[address].identity, self.before[address].table): address
            for address in self.asked
            if address in self.before and address not in self.after and (address[1], 0) not in self.dropped
            if self.before[address].identity.kind == "index"
        }
        return {
            address: gone[(state.identity, state.table)]
            for address, state in self.after.items()
            if address not in self.before and (state.identity, state.table) in gone
        }

    def carried_over(self, again: Mapping[Address, Address]) -> Known:
        """What was known before the file, under the OIDs of today for what was made again."""
        start: Known = dict(self.start) if again else self.start
        for new, old in again.items():
            if old in start:
                start[new] = start[old]
        for address in self.asked:
            was, old_state, new_state = start.get(address), self.before.get(address), self.after.get(address)
            if was is None or old_state is None or new_state is None:
                continue
            pairs = self._constraints_made_again(old_state, new_state)
            if pairs:
                start = dict(start) if start is self.start else start
                members = dict(was.members)
                members |= {new: members[old] for old, new in pairs if old in members}
                start[address] = replace(was, members=members)
        return start

    def _constraints_made_again(self, old: State, new: State) -> list[tuple[tuple[str, int], tuple[str, int]]]:
        """Constraints over a column whose type changes are dropped and made again by PostgreSQL itself."""
        by_name = {
            member.identity: key
            for key, member in old.members.items()
            if key[0] == "constraint" and key not in new.members and (key[1], 0) not in self.dropped
        }
        return [
            (by_name[member.identity], key)
            for key, member in new.members.items()
            if key not in old.members and member.identity in by_name
        ]

    def relations_and_types(self, again: Mapping[Address, Address]) -> list[ObjectChange]:
        changes: list[ObjectChange] = []
        replaced = set(again.values())
        for address in self.asked:
            old, new = self.before.get(again.get(address, address)), self.after.get(address)
            if old is not None and new is None and address not in replaced:
                changes += self._gone(address, old)
            elif old is None and new is not None:
                changes += self._made(new)
            elif old is not None and new is not None:
                changes += self._altered(again.get(address, address), old, new)
        return changes

    def _existing(self, address: Address, key: tuple[str, int] | None = None) -> bool:
        state = self.start.get(address)
        return state is not None and (key is None or key in state.members)

    def _gone(self, address: Address, old: State) -> list[ObjectChange]:
        note = self.dropped.get((old.oid, 0))
        implied, cascaded = _how(note)
        table = self.before.get(("relation", old.table)) if old.table else None
        found = [
            ObjectChange(
                verb=Verb.DROPPED,
                object=old.identity,
                now=None,
                of=table.identity if table else None,
                attributes=_attributes(old.attributes, {}),
                implied=implied or (note is None and table is not None),
                cascaded=cascaded,
                existing=self._existing(address),
            )
        ]
        for key, member in sorted(old.members.items()):
            if not _told_by_column(member):
                found.append(self._member_gone(address, old, key, member, implied=True))
        return found

    def _member_gone(
        self, address: Address, holder: State, key: tuple[str, int], member: Member, *, implied: bool
    ) -> ObjectChange:
        note = self.dropped.get((holder.oid, key[1]) if key[0] == "column" else (key[1], 0))
        named_implied, cascaded = _how(note)
        return ObjectChange(
            verb=Verb.DROPPED,
            object=member.identity,
            now=None,
            of=holder.identity,
            attributes=self._told(member, {}, member.attributes),
            implied=implied or named_implied or note is None,
            cascaded=cascaded and not implied,
            existing=self._existing(address, key),
        )

    def _made(self, new: State) -> list[ObjectChange]:
        table = self.after.get(("relation", new.table)) or self.before.get(("relation", new.table))
        behind = table is not None and any(member.index == new.oid for member in table.members.values())
        found = [
            ObjectChange(
                verb=Verb.CREATED,
                object=new.identity,
                now=new.identity,
                of=table.identity if table else None,
                attributes=_attributes({}, new.attributes),
                implied=behind,
                existing=False,
            )
        ]
        for _, member in sorted(new.members.items()):
            if not _told_by_column(member):
                found.append(self._member_made(new, member, implied=True))
        return found

    def _member_made(self, holder: State, member: Member, *, implied: bool = False) -> ObjectChange:
        return ObjectChange(
            verb=Verb.CREATED,
            object=member.identity,
            now=member.identity,
            of=holder.identity,
            attributes=self._told(member, member.attributes, {}),
            implied=implied,
            existing=False,
        )

    def _altered(self, address: Address, old: State, new: State) -> list[ObjectChange]:
        found: list[ObjectChange] = []
        attributes = _attributes(old.attributes, new.attributes)
        if old.table:  # of a table that is renamed
            attributes = tuple(one for one in attributes if one.name != "table")
        if attributes:
            found.append(
                ObjectChange(
                    verb=Verb.ALTERED,
                    object=old.identity,
                    now=new.identity,
                    of=self._table_of(old),
                    attributes=attributes,
                    existing=self._existing(address),
                )
            )
        gone = {key: member for key, member in old.members.items() if key not in new.members}
        made = {key: member for key, member in new.members.items() if key not in old.members}
        pairs = [(key, key) for key in old.members if key in new.members]
        for was, key in self._constraints_made_again(old, new):
            pairs.append((was, key))
            del gone[was], made[key]
        for key, member in sorted(gone.items()):
            if not _told_by_column(member):
                found.append(self._member_gone(address, old, key, member, implied=False))
        for was, key in sorted(pairs):
            one, other = old.members[was], new.members[key]
            changed = _attributes(one.attributes, other.attributes)
            if one.type == other.type:  # another name for the same type
                changed = tuple(each for each in changed if each.name != "type")
            if changed:
                found.append(
                    ObjectChange(
                        verb=Verb.ALTERED,
                        object=one.identity,
                        now=other.identity,
                        of=old.identity,
                        attributes=changed,
                        existing=self._existing(address, was),
                    )
                )
        for _, member in sorted(made.items()):
            if not _told_by_column(member):
                found.append(self._member_made(new, member))
        return found

    def _table_of(self, state: State) -> ObjectId | None:
        table = self.before.get(("relation", state.table)) if state.table else None
        return table.identity if table else None

    def _told(self, member: Member, after: Mapping[str, str], before: Mapping[str, str]) -> tuple[AttributeChange, ...]:
        """The attributes of a member that is new or gone, with the relations it is about."""
        found = list(_attributes(before, after))
        for name, oid in (("references", member.references), ("index", member.index)):
            other = self.after.get(("relation", oid)) or self.before.get(("relation", oid))
            if oid and other is not None:
                path = ".".join(other.identity.path)
                found.append(AttributeChange(name=name, before=path if before else None, after=path if after else None))
        return tuple(found)

    def noted(self, changes: Sequence[ObjectChange]) -> list[ObjectChange]:
        """What only the event triggers told: other kinds of object, and alterations that show nowhere else."""
        told = {change.object for change in changes} | {change.of for change in changes}
        told |= {change.now for change in changes}
        found: dict[tuple[Verb, ObjectId], ObjectChange] = {}
        for note in self.notes:
            identity = self._identity(note)
            if identity is None or note.what == "rewrite":
                continue
            related = note.classid in (PG_CLASS, PG_TYPE) or identity.kind in _RELATION_KINDS
            if related and (identity in told or note.what == "drop" or note.tag in _TOLD_OTHERWISE):
                continue
            new = note.objid > self.newest and ("relation", note.objid) not in self.before
            verb = Verb.DROPPED if note.what == "drop" else Verb.CREATED if new and not related else Verb.ALTERED
            if verb is Verb.ALTERED and note.tag.startswith("CREATE") and identity.kind not in _REPLACED:
                continue  # IF NOT EXISTS, and it does
            if verb is Verb.ALTERED and (Verb.CREATED, identity) in found:
                continue
            implied, cascaded = _how(note) if note.what == "drop" else (False, False)
            found.setdefault(
                (verb, identity),
                ObjectChange(
                    verb=verb,
                    object=identity,
                    now=None if verb is Verb.DROPPED else identity,
                    implied=implied,
                    cascaded=cascaded,
                    existing=note.objid <= self.newest,
                ),
            )
        return list(found.values())

    def _identity(self, note: Note) -> ObjectId | None:
        """The object that a note names, in our words; None for what is no object of ours, or told by its relation."""
        if note.objid == 0:
            return None
        if note.classid in (PG_CLASS, PG_TYPE):
            address = ("relation" if note.classid == PG_CLASS else "type", note.objid)
            state = self.after.get(address) or self.before.get(address)
            if note.objsubid and state is not None and note.what != "drop":
                column = state.members.get(("column", note.objsubid))
                return column.identity if column else state.identity
            return state.identity if state is not None else None
        kind = _KIND.get(note.kind, note.kind)
        names = note.names
        if kind is None or not names:
            return None
        if kind in _TOLD_APART and len(names) == 2:
            return ObjectId(kind, (*names, ", ".join(_bare(part) for part in note.args.split(", "))))
        if kind in ("operator class", "operator family") and len(names) == 3:
            return ObjectId(kind, (names[1], names[2], names[0]))
        if kind == "cast":
            return ObjectId(kind, (_bare(names[0]), _bare(note.args)))
        if kind == "default privileges":
            schema = names[1] if len(names) > 1 else ""
            return ObjectId(kind, (names[0], schema, _PRIVILEGED.get(note.args, note.args)))
        if kind == "transform":
            return ObjectId(kind, (_bare(names[0]), note.args))
        if kind == "user mapping":
            return ObjectId(kind, (note.args, names[0]))
        if kind in _IN_DATABASE:
            return ObjectId(kind, names[:1])
        return ObjectId(kind, names)

    def in_order(self, changes: Sequence[ObjectChange]) -> list[ObjectChange]:
        """By the first note about the object or what it belongs to, then as found."""
        first: dict[ObjectId, int] = {}
        for position, note in enumerate(self.notes):
            identity = self._identity(note)
            if identity is not None:
                first.setdefault(identity, position)
        last = len(self.notes)

        def place(change: ObjectChange) -> int:
            own = first.get(change.object, first.get(change.now or change.object, last))
            holder = first.get(change.of, last) if change.of is not None else last
            return min(own, holder)

        return sorted(changes, key=place)

    def rewrites(self, again: Mapping[Address, Address], *, refreshes: bool) -> tuple[Rewrite, ...]:
        rewritten = {note.objid for note in self.notes if note.what == "rewrite"}
        emptied: set[int] = set()
        found: list[tuple[Address, Rewrite]] = []
        order = sorted(self.after, key=lambda address: (self.after[address].table != 0, address))  # tables first
        for address in order:
            new = self.after[address]
            old = self.before.get(again.get(address, address))
            if old is None or not new.has_storage or not old.filenode or old.filenode == new.filenode:
                continue
            table = self.before.get(("relation", old.table)) if old.table else old
            if old.tablespace != new.tablespace and new.oid not in rewritten:
                kind = RewriteKind.MOVED
            elif old.identity.kind == "index":
                kind = RewriteKind.EMPTIED if old.table in emptied else RewriteKind.REBUILT
            elif old.identity.kind == "materialized view" and refreshes:
                kind = RewriteKind.REFRESHED
            elif new.oid not in rewritten and not new.counted:
                kind = RewriteKind.EMPTIED
                emptied.add(new.oid)
            else:
                kind = RewriteKind.REWRITTEN
            found.append(
                (
                    address,
                    Rewrite(
                        relation=old.identity,
                        table=table.identity if table else old.identity,
                        kind=kind,
                        existing=self._existing(again.get(address, address)),
                    ),
                )
            )
        return tuple(rewrite for _, rewrite in sorted(found, key=lambda pair: pair[1].relation))


def _told_by_column(member: Member) -> bool:
    """Whether it is a NOT NULL constraint (18) that says no more than the column's attribute does on every major."""
    return member.identity.kind == "not null" and not member.not_valid


def _how(note: Note | None) -> tuple[bool, bool]:
    """Whether a drop went with a part of something (implied), or by CASCADE (cascaded)."""
    if note is None or note.original:
        return False, False
    return (True, False) if note.member or not note.normal else (False, True)


def _attributes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[AttributeChange, ...]:
    """What differs; of a new or dropped object what is not empty."""
    if before == after:
        return ()
    return tuple(
        AttributeChange(name=name, before=before.get(name), after=after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name) and (before.get(name) or after.get(name))
    )


def _bare(type_name: str) -> str:
    return type_name.removeprefix("pg_catalog.")
