"""Which relations does a schema have, and what carries each: a foreign key or a join table?

Two fields that name each other's models are one relation; where there are several between the same models, their
`@relation("name")` tells which belong together. The side with `fields` and `references` holds the foreign key. Two
lists without a model between them are a many-to-many relation, with a join table of Prisma's making. What is said
wrongly is noted in the order and by the rules of Prisma's own validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pgmason.sources.prisma.arguments import by_name, field_names, text_of
from pgmason.sources.prisma.faults import Faults
from pgmason.sources.prisma.meaning import ACTIONS, ForeignKey, Index, JoinTable, Key, Model, Relation, Scalar
from pgmason.sources.prisma.naming import LONGEST_BYTES, foreign_key_name, join_table_name
from pgmason.sources.prisma.tree import Arity, Field, Name, shown

__all__ = ["RelationField", "relation_fields", "relations_of"]

_ATTRIBUTE = "@relation"
_ARGUMENTS = ("name", "fields", "references", "onDelete", "onUpdate", "map")
_EMULATED = ("Restrict", "SetNull", "Cascade")  # relationMode = "prisma"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationField:
    """One side of a relation as written; `fields` and `references` are None where they are not said."""

    model: Model
    target: Model
    field: Field
    name: str | None
    fields: tuple[Scalar, ...] | None
    references: tuple[Scalar, ...] | None
    on_delete: str | None
    on_update: str | None
    mapped: str | None
    ignored: bool

    @property
    def is_list(self) -> bool:
        """Whether it holds several records."""
        return self.field.type.arity is Arity.LIST

    @property
    def is_required(self) -> bool:
        """Whether it holds exactly one record."""
        return self.field.type.arity is Arity.REQUIRED

    @property
    def own_name(self) -> str:
        """`Model.field`."""
        return f"{self.model.name}.{self.field.name}"

    @property
    def relation_name(self) -> str:
        """The relation's name, or the one that Prisma makes of the two models."""
        if self.name is not None:
            return self.name
        return "To".join(sorted((self.model.name, self.target.name)))


def relation_fields(models: Mapping[str, Model], *, faults: Faults) -> list[RelationField]:
    """Every field whose type is a model or view, in the order of models and fields."""
    return [
        _relation_field(model, models[field.type.name], field, faults)
        for model in models.values()
        for field in model.block.fields
        if field.type.name in models
    ]


def _relation_field(model: Model, target: Model, field: Field, faults: Faults) -> RelationField:
    file = model.file
    for name, why in (
        ("id", "only a scalar field can be the key"),
        ("default", "it has no default"),
        ("map", "it is no column"),
        ("unique", "only a scalar field can be unique"),
        ("updatedAt", "it is no time"),
    ):
        attribute = field.attribute(name)
        if attribute is not None:
            faults.attribute(file, attribute, f"@{name}", f"{field.name} is a relation: {why}")
    attribute = field.attribute("relation")
    if attribute is None:
        return RelationField(
            model=model, target=target, field=field, name=None, fields=None, references=None, on_delete=None,
            on_update=None, mapped=None, ignored=field.attribute("ignore") is not None,
        )  # fmt: skip
    arguments = by_name(attribute, _ARGUMENTS, file=file, faults=faults, unnamed="name")
    columns: dict[str, tuple[Scalar, ...] | None] = {}
    for name, owner in (("fields", model), ("references", target)):
        value = arguments.get(name)
        names = field_names(value, file=file, faults=faults) if value is not None else None
        if names is None or value is None:
            columns[name] = None
            continue
        if not names:
            faults.attribute(file, value, _ATTRIBUTE, f"{name} must name at least one field")
        for own in dict.fromkeys(own for own in names if names.count(own) > 1):
            faults.attribute(file, value, _ATTRIBUTE, f"{name} names {own} more than once")
        for own in names:
            if own not in owner.scalars:
                is_relation = any(other.name == own for other in owner.block.fields)
                why = "is a relation; its columns are meant" if is_relation else f"is no field of {owner.name}"
                faults.add(file, value, f"{name} names {own}, which {why}")
        columns[name] = tuple(owner.scalars[own] for own in names if own in owner.scalars)
    actions: dict[str, str | None] = {}
    for name in ("onDelete", "onUpdate"):
        value = arguments.get(name)
        actions[name] = value.text if isinstance(value, Name) and value.text in ACTIONS else None
        if value is not None and actions[name] is None:
            faults.attribute(file, value, _ATTRIBUTE, f"{name} is one of {', '.join(ACTIONS)}, not {shown(value)}")
    mapped = text_of(arguments, "map", _ATTRIBUTE, file=file, faults=faults)
    if mapped is not None and len(mapped.encode()) > LONGEST_BYTES:
        faults.model(file, attribute, model.name, f"the name {mapped} is longer than {LONGEST_BYTES} bytes")
    return RelationField(
        model=model, target=target, field=field,
        name=text_of(arguments, "name", _ATTRIBUTE, file=file, faults=faults),
        fields=columns["fields"], references=columns["references"],
        on_delete=actions["onDelete"], on_update=actions["onUpdate"], mapped=mapped,
        ignored=field.attribute("ignore") is not None,
    )  # fmt: skip


def relations_of(sides: Sequence[RelationField], *, foreign_keys: bool, faults: Faults) -> tuple[Relation, ...]:
    """Every relation. `foreign_keys` is False under relationMode = "prisma"."""
    grouped: dict[tuple[str, str], list[RelationField]] = {}
    for side in sides:
        grouped.setdefault((side.model.name, side.target.name), []).append(side)
    if not _unambiguous(grouped, faults):
        return ()
    for side in sides:
        _check_side(side, foreign_keys, faults)
    found = []
    for side in sides:
        pair = _pair(side, grouped)
        if pair is not None:
            relation = _relation(*pair, foreign_keys, faults)
            if relation is not None:
                found.append(relation)
    return tuple(found)


def _unambiguous(grouped: Mapping[tuple[str, str], list[RelationField]], faults: Faults) -> bool:
    clean = True
    for (model, target), sides in grouped.items():
        by_relation: dict[str | None, list[RelationField]] = {}
        for side in sides:
            by_relation.setdefault(side.name, []).append(side)
        for name, same in by_relation.items():
            allowed = 2 if model == target and name is not None else 1
            if len(same) > allowed:
                clean = False
                names = " and ".join(side.field.name for side in same)
                how = f"both go by {name!r}" if name is not None else "have no names to tell them apart"
                faults.model(
                    same[0].model.file, same[0].field, model,
                    f'the relations {names} to {target} {how}: name each with @relation("...")',
                )  # fmt: skip
    return clean


def _check_side(side: RelationField, foreign_keys: bool, faults: Faults) -> None:
    if side.target.ignored and not side.ignored and not side.model.ignored:
        why = f"{side.field.name} needs @ignore, because {side.target.name} is ignored"
        faults.attribute(side.model.file, side.field, "@ignore", why)
    if foreign_keys:
        return
    for name, action in (("onDelete", side.on_delete), ("onUpdate", side.on_update)):
        if action is not None and action not in _EMULATED:
            faults.add(
                side.model.file, side.field,
                f'{name}: {action} is not there under relationMode = "prisma", which has {", ".join(_EMULATED)}',
                f"Error validating: Invalid referential action: `{action}`",
            )  # fmt: skip


def _opposite(side: RelationField, grouped: Mapping[tuple[str, str], list[RelationField]]) -> RelationField | None:
    for other in grouped.get((side.target.name, side.model.name), ()):
        if other.name == side.name and other is not side:
            return other
    return None


def _pair(
    side: RelationField, grouped: Mapping[tuple[str, str], list[RelationField]]
) -> tuple[RelationField, RelationField | None] | None:
    """(the side that refers or side A, the other); None where the other side brings the relation in."""
    other = _opposite(side, grouped)
    if other is None:
        return side, None
    if side.is_list and other.is_list:
        later = side.model.name > other.model.name
        later |= side.model is other.model and side.field.name > other.field.name
        return None if later else (side, other)
    if side.is_list:
        return None
    if other.is_list:
        return side, other
    if side.is_required != other.is_required:  # one-to-one: the required side refers
        return (side, other) if side.is_required else None
    first = (side.model.name, side.field.name) < (other.model.name, other.field.name)
    if side.is_required or (side.fields is None and other.fields is None):
        return (side, other) if first else None
    if side.fields is not None and other.fields is not None:
        return (side, other) if first else None
    return (side, other) if side.fields is not None else None


def _relation(side: RelationField, other: RelationField | None, foreign_keys: bool, faults: Faults) -> Relation | None:
    if side.is_list and other is not None and other.is_list:
        return _many_to_many(side, other, faults)
    views = side.model.is_view or side.target.is_view
    before = len(faults.found)
    _check_inline(side, other, foreign_keys, faults)
    if len(faults.found) > before or other is None or side.fields is None or side.references is None:
        return None
    foreign_key = None
    if foreign_keys and not views:
        optional = all(scalar.optional for scalar in side.fields) and not side.is_required
        foreign_key = ForeignKey(
            name=side.mapped or foreign_key_name(side.model.database_name, (scalar.column for scalar in side.fields)),
            model=side.model.name,
            target=side.target.name,
            fields=side.fields,
            references=side.references,
            on_delete=side.on_delete or ("SetNull" if optional else "Restrict"),
            on_update=side.on_update or "Cascade",
            field=side.field,
        )
    return Relation(
        name=side.relation_name,
        from_model=side.model.name,
        to_model=side.target.name,
        from_field=side.field.name,
        to_field=other.field.name,
        foreign_key=foreign_key,
    )


def _many_to_many(a: RelationField, b: RelationField, faults: Faults) -> Relation | None:
    before = len(faults.found)
    views = a.model.is_view or b.model.is_view
    for side, other in ((a, b), (b, a)):
        key = other.model.key
        if views:
            why = "a view has no many-to-many relation: no table of keys can refer to it"
            faults.add(side.model.file, side.field, why, "Implicit many-to-many relations are not supported for views")
        elif key is None or len(key.fields) != 1:
            faults.add(
                side.model.file, side.field,
                f"{other.model.name} has no key of one field, which a many-to-many relation without a model needs",
                f"Error validating field `{side.field.name}` in model `{side.model.name}`",
            )  # fmt: skip
        if side.on_delete is not None or side.on_update is not None:
            faults.add(side.model.file, side.field, "a many-to-many relation has no referential actions")
        if side.references is not None or side.fields is not None:
            embedded = side.references is not None and side.fields is not None
            faults.add(
                side.model.file, side.field, "a many-to-many relation has no fields and no references",
                "Embedded many-to-many relations are not supported" if embedded else "Error parsing attribute",
            )  # fmt: skip
    if len(faults.found) > before:
        return None
    assert a.model.key is not None
    assert b.model.key is not None
    join = JoinTable(
        name=join_table_name(a.relation_name),
        schema=a.model.schema,
        a=a.model.name,
        b=b.model.name,
        a_key=a.model.key.fields[0].scalar,
        b_key=b.model.key.fields[0].scalar,
        field=a.field,
        file=a.model.file,
    )
    return Relation(
        name=a.relation_name,
        from_model=a.model.name,
        to_model=b.model.name,
        from_field=a.field.name,
        to_field=b.field.name,
        join_table=join,
    )


def _check_inline(side: RelationField, other: RelationField | None, foreign_keys: bool, faults: Faults) -> None:
    file, field = side.model.file, side.field
    if other is None:
        faults.add(
            file, field,
            f"{side.target.name} has no field for the other side of the relation {side.own_name}",
            f"Error validating field `{field.name}` in model `{side.model.name}`",
        )  # fmt: skip
        return
    for why in _inline_faults(side, other):
        faults.attribute(file, field, _ATTRIBUTE, why)
    for why in _reverse_faults(side, other):
        faults.attribute(other.model.file, other.field, _ATTRIBUTE, why)
    if side.fields is None or side.references is None:
        return
    if len(side.fields) != len(side.references):
        faults.add(file, field, f"fields names {len(side.fields)}, references {len(side.references)}: as many each")
    if side.is_required and any(scalar.optional for scalar in side.fields):
        optional = next(scalar.name for scalar in side.fields if scalar.optional)
        faults.add(file, field, f"{field.name} must be optional, because its field {optional} is")
    for own, theirs in zip(side.fields, side.references, strict=False):
        if (own.type, own.unsupported) != (theirs.type, theirs.unsupported):
            why = f"{own.name} is of type {own.type}, {theirs.name} of {theirs.type}: they must be of one"
            faults.attribute(file, field, _ATTRIBUTE, why)
    if not _is_unique(side.target, side.references):
        names = ", ".join(scalar.name for scalar in side.references)
        say = f"@@unique([{names}])" if len(side.references) > 1 else f"@unique at {names}"
        faults.attribute(file, field, _ATTRIBUTE, f"references must be unique in {side.target.name}: say {say}")
    if not other.is_list and not _is_unique(side.model, side.fields, in_order=True):
        names = ", ".join(scalar.name for scalar in side.fields)
        say = f"@@unique([{names}])" if len(side.fields) > 1 else f"@unique at {names}"
        faults.attribute(file, field, _ATTRIBUTE, f"the fields of a one-to-one relation must be unique: say {say}")
    required = next((scalar.name for scalar in side.fields if not scalar.optional), None)
    if not foreign_keys and required is not None and "SetNull" in (side.on_delete, side.on_update):
        faults.add(file, field, f"SetNull cannot be: {required} is required")


def _inline_faults(side: RelationField, other: RelationField) -> Iterator[str]:
    if other.is_list:
        for name, said in (("fields", side.fields), ("references", side.references)):
            if said is None:
                yield f"{side.own_name} needs {name}: it is the side that holds the relation"
        return
    for name, said, other_said in (
        ("fields", side.fields, other.fields),
        ("references", side.references, other.references),
    ):
        if said is None and other_said is None:
            yield f"neither {side.own_name} nor {other.own_name} has {name}; one of the two needs it"
        elif said is not None and other_said is not None:
            yield f"{side.own_name} and {other.own_name} both have {name}; one of the two has it"
    both = side.fields is not None and other.references is not None and side.references is None
    if both or (side.references is not None and other.fields is not None and side.fields is None):
        yield f"fields and references must stand on one side, {side.own_name}"


def _reverse_faults(side: RelationField, other: RelationField) -> Iterator[str]:
    misplaced = not other.is_list and (other.fields is not None or other.references is not None)
    if misplaced and side.is_required and not other.is_required and side.fields is None:
        yield f"fields and references must stand at the required side, {side.own_name}, not at {other.own_name}"
    if other.is_list:
        if other.fields is not None or other.references is not None:
            yield f"fields and references stand at {side.own_name} only"
    elif other.is_required:
        yield f"{other.own_name} cannot be required: the database cannot hold that; write {other.field.type.name}?"
    if other.on_delete is not None or other.on_update is not None:
        yield f"onDelete and onUpdate stand at {side.own_name} only"


def _is_unique(model: Model, scalars: Sequence[Scalar], *, in_order: bool = False) -> bool:
    """Whether the key or a unique index is over exactly these fields."""
    wanted = [scalar.name for scalar in scalars]
    keys: list[Key | Index] = [index for index in model.indexes if index.unique]
    if model.key is not None:
        keys.append(model.key)
    for key in keys:
        names = [column.scalar.name for column in key.fields]
        if names == wanted or (not in_order and sorted(names) == sorted(wanted)):
            return True
    return False
