"""Which changes count where a side speaks a language that cannot say everything: laws, on catalogs made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.catalog.reach import Reach, Said
from pgmason.names import ObjectId
from pgmason.plan.diff import Altered, Commented, Created, Dropped, compare

TABLE = ObjectId("table", ("public", "t"))
COLUMN = ObjectId("column", ("public", "t", "a"))
CHECK = ObjectId("check", ("public", "t", "positive"))


def column(**fields: Any) -> Column:
    usual = Column(
        type="integer", not_null=True, default=None, identity=None, generated=None, expression=None, collation=None
    )
    return replace(usual, **fields)


def catalog(*, check: bool = False, comment: bool = False, **fields: Any) -> Catalog:
    table = Table(
        columns=("a",), unlogged=False, partition_key=None, partition_of=None, partition_bound=None, inherits=()
    )
    objects: dict[ObjectId, Any] = {TABLE: table, COLUMN: column(**fields)}
    if check:
        objects[CHECK] = Check(columns=("a",), validated=True, definition="CHECK (a > 0)")
    return Catalog(objects=objects, comments={TABLE: "told"} if comment else {})


def says(identity: ObjectId, state: Any, _: Catalog) -> Said | None:
    """A language of tables and columns, whose types it compares without their length, and which has no defaults."""
    if identity.kind == "table":
        return Said()
    if identity.kind == "column":
        return Said(fields={"type": state.type.partition("(")[0], "not_null": state.not_null})
    return None


REACH = Reach(language="toy", says=says)


def test_without_a_language_everything_counts() -> None:
    comparison = compare(catalog(check=True), catalog(comment=True), reaches=[None, None])
    assert {type(change) for change in comparison.changes} == {Dropped, Commented}
    assert (comparison.kept, comparison.beyond) == ((), ())


def test_what_the_language_cannot_say_is_kept_on_whichever_side_it_is() -> None:
    for sides in ((catalog(check=True), catalog()), (catalog(), catalog(check=True))):
        comparison = compare(*sides, reaches=[REACH, None])
        assert comparison.changes == ()
        assert [change.object for change in comparison.kept] == [CHECK]
        assert comparison.beyond == ("toy",)


def test_of_an_object_within_only_what_is_said_counts() -> None:
    comparison = compare(catalog(default="1"), catalog(not_null=False, collation=("a", "b")), reaches=[REACH])
    assert [change.field for change in comparison.changes if isinstance(change, Altered)] == ["not_null"]
    # another spelling of a default is no difference that the language could keep; a collation is
    assert [change.field for change in comparison.kept if isinstance(change, Altered)] == ["collation"]


def test_what_means_the_same_to_the_language_is_no_difference() -> None:
    assert compare(catalog(type="varchar(3)"), catalog(type="varchar(4)"), reaches=[REACH]).changes == ()
    assert compare(catalog(type="varchar(3)"), catalog(type="text"), reaches=[REACH]).changes != ()


def test_a_table_within_goes_whole_with_what_is_beyond() -> None:
    empty = Catalog(objects={}, comments={})
    (gone,) = compare(catalog(check=True), empty, reaches=[REACH]).changes
    assert isinstance(gone, Dropped)
    assert CHECK in {part.object for part in gone.parts}
    (came,) = compare(empty, catalog(check=True), reaches=[REACH]).changes
    assert isinstance(came, Created)


def test_a_comment_counts_only_where_the_language_has_comments() -> None:
    one, other = catalog(), catalog(comment=True)
    assert compare(one, other, reaches=[REACH]).changes == ()
    assert len(compare(one, other, reaches=[replace(REACH, comments=True)]).changes) == 1


def test_what_is_said_in_part_is_kept_alone_and_compared_beside_another() -> None:
    def partly(identity: ObjectId, state: Any, given: Catalog) -> Said | None:
        said = says(identity, state, given)
        if identity.kind == "check":
            return Said(fields={"definition": state.definition.lower()}, whole=False)
        return said

    reach = Reach(language="toy", says=partly)
    assert compare(catalog(check=True), catalog(), reaches=[reach]).changes == ()
    other = catalog(check=True)
    other = replace(other, objects={**other.objects, CHECK: replace(other.objects[CHECK], columns=())})
    assert compare(catalog(check=True), other, reaches=[reach]).changes == ()


def test_the_same_on_both_sides_is_nothing_whatever_the_language() -> None:
    comparison = compare(catalog(check=True), catalog(check=True), reaches=[REACH, REACH])
    assert (comparison.changes, comparison.kept) == ((), ())
