"""What do the parts of the page have in common?

How each begins (its anchor, its title, its description, its passage), how it points to tables and types, how
its indexes, triggers, rules and policies are told, and what of it was not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pgmason.catalog.kinds.policy import Policy
from pgmason.catalog.kinds.rule import Rule
from pgmason.catalog.kinds.trigger import Trigger
from pgmason.docs.addresses import anchor, anchor_of, key_of, title_of
from pgmason.docs.markdown import code, link, paragraphs, table, text
from pgmason.docs.model import Model, Path, type_path
from pgmason.docs.passages import passage_lines
from pgmason.docs.rationale import keys_of, rationale
from pgmason.names import ObjectId, quoted

__all__ = [
    "called_note",
    "index_lines",
    "opening",
    "policy_lines",
    "relation_link",
    "trigger_lines",
    "type_link",
    "unread_lines",
]

_NO_DESCRIPTION = "_No description in the database._"
_LEDGER = "_The record that a migration runner keeps for itself._"


def opening(model: Model, identity: ObjectId, title: str, passages: Mapping[str, str]) -> Iterator[str]:
    """The lines that a table, view or enum begins with, a blank one at their end."""
    yield from (f'<a id="{anchor_of(identity)}"></a>', "", f"### {text(title)}", "")
    described = paragraphs(model.catalog.comments.get(identity, ""))
    if not described and identity in model.ledgers:
        described = [_LEDGER]
    yield from described or [_NO_DESCRIPTION]
    yield ""
    yield from passage_lines(key_of(identity.path), passages)
    yield ""


def called_note(model: Model, identity: ObjectId) -> list[str]:
    """What the product's schema language calls an object, as a sentence: "Model `User`"."""
    kind, _, name = model.called.get(identity, "").partition(" ")
    return [f"{kind.capitalize()} {code(name)}"] if name else []


def relation_link(model: Model, path: Path) -> str:
    """A table or view by its name, as a link where the page has a part for it; a partition with its table's."""
    shown = model.table_of(path)
    for kind in ("table", "view", "materialized view"):
        if ObjectId(kind, shown) in model.catalog.objects:
            name = link(title_of(shown), anchor_of(ObjectId(kind, shown)))
            return name if shown == path else f"{code(title_of(path))} (a partition of {name})"
    return f"{code(title_of(path))} (managed elsewhere)"


def type_link(model: Model, type_name: str) -> str:
    """A type as `format_type` prints it, an enum as a link to its part."""
    path = type_path(type_name)
    if path is None or path not in model.enum_uses:
        return code(type_name)
    return link(title_of(path) + ("[]" if type_name.endswith("[]") else ""), anchor("enum", path))


def index_lines(model: Model, identity: ObjectId) -> list[str]:
    """The indexes of a table or materialized view, each with its reason; empty where there is none."""
    constraints = {name.own_name: "unique constraint" for name, _ in model.catalog.uniques(identity)}
    primary = model.catalog.primary_key(identity)
    if primary is not None:
        constraints[primary[0].own_name] = "primary key"
    references = model.references_from.get(identity.path, ())
    rows = []
    for name, index in model.catalog.indexes(identity):
        serves = None
        if index.constraint is not None:
            serves = constraints.get(index.constraint, "exclusion constraint")
            # PostgreSQL gives both one name, unless somebody renamed one of them
            serves += "" if index.constraint == name.own_name else f" {code(index.constraint)}"
        keys = f"{', '.join(keys_of(index))}{'' if index.method == 'btree' else f' ({text(index.method)})'}"
        rows.append((code(name.own_name), keys, rationale(model.catalog, index, serves, references)))
    return table(("Index", "Keys", "Why it is there"), rows) if rows else []


# When a trigger or rule fires, where that is not the ordinary.
_FIRES = {"origin": "", "never": ", switched off", "replica": ", on replicas only", "always": ", on replicas too"}


def trigger_lines(model: Model, identity: ObjectId) -> list[str]:
    """The triggers and rules of a table or view: when, and what each calls. Clones on partitions are the parent's."""
    lines = []
    for name, trigger in model.catalog.members(Trigger, identity):
        if trigger.partition_of is None:
            of = f" of {', '.join(code(column) for column in trigger.columns)}" if trigger.columns else ""
            events = " or ".join(event + (of if event == "update" else "") for event in trigger.events)
            each = "each row" if trigger.each_row else "each statement"
            at_commit = ", at commit" if trigger.deferred else ""
            when = f"{trigger.timing} {events}, {each}{at_commit}{_FIRES[trigger.fires]}"
            lines.append(f"- {code(name.own_name)}: {when}, calls {code(title_of(trigger.function))}")
    for name, rule in model.catalog.members(Rule, identity):
        how = "instead of" if rule.instead else "besides"
        lines.append(f"- Rule {code(name.own_name)}: {how} {rule.event}{_FIRES[rule.fires]}")
    return lines


def policy_lines(model: Model, identity: ObjectId) -> list[str]:
    """The row security policies of a table: what each allows or forbids, and to whom."""
    lines = []
    for name, policy in model.catalog.members(Policy, identity):
        who = "everybody" if policy.roles == ("public",) else ", ".join(code(role) for role in policy.roles)
        what = "everything" if policy.command == "all" else policy.command
        told = f"{'allows' if policy.permissive else 'narrows'} {what} for {who}"
        told += f", of rows where {code(policy.using)}" if policy.using is not None else ""
        told += f", writing rows where {code(policy.check)}" if policy.check is not None else ""
        lines.append(f"- {code(name.own_name)}: {told}")
    return lines


def unread_lines(model: Model, path: Path) -> list[str]:
    """What belongs to a relation and is not on the page, a line a kind."""
    sql_name = ".".join(quoted(part) for part in path)
    by_kind: dict[str, list[str]] = {}
    for item in model.unread_by_relation.get(path, ()):
        name = item.name.removesuffix(f" on {sql_name}")
        by_kind.setdefault(item.kind, []).extend([] if name == sql_name else [code(name)])
    return [f"- {kind}{': ' if names else ''}{', '.join(names)}" for kind, names in by_kind.items()]
