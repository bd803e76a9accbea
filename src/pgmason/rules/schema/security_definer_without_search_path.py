"""A SECURITY DEFINER routine without a search_path of its own runs the caller's functions with the owner's rights.

It resolves each name along the search_path of whoever calls it. A caller who may create objects anywhere, at least
temporary ones, puts a table or an operator of that name in front, and the routine uses it as its owner. (PostgreSQL
manual, CREATE FUNCTION, Writing SECURITY DEFINER Functions Safely.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.procedure import Procedure
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.fixes import identifier, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule

__all__ = ["SecurityDefinerWithoutSearchPath"]

_BODY = "AS $$\n  SELECT count(*) FROM account\n$$;\n"
_TABLE = "CREATE TABLE account (\n  id uuid PRIMARY KEY\n);\n"
_BEGIN = "CREATE FUNCTION account_count() RETURNS bigint\n  LANGUAGE sql STABLE SECURITY DEFINER\n"


class SecurityDefinerWithoutSearchPath(SchemaRule):
    severity = Severity.RISK
    title = "A SECURITY DEFINER routine whose names are looked up along its caller's search_path."
    effect = "Whoever may call it and create objects can run code with the rights of its owner."
    bad = _TABLE + _BEGIN + _BODY
    good = _TABLE + _BEGIN + "  SET search_path = public, pg_temp\n" + _BODY
    cannot_see = (
        "Whether every name in the body carries its schema, operators too, which would do as well; and who may call"
        " the routine. A body that is parsed when it is made (BEGIN ATOMIC, RETURN) and routines in C are innocent."
        " The fix takes the routine's own schema: add those that it uses besides."
    )
    brief = "Relations and access are modelled on purpose."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        catalog = schema.catalog
        routines: tuple[tuple[ObjectId, Function | Procedure], ...] = (*catalog.of(Function), *catalog.of(Procedure))
        for identity, routine in routines:
            if not routine.security_definer or routine.language in ("c", "internal"):
                continue
            if any(setting.partition("=")[0] == "search_path" for setting in routine.settings):
                continue
            if routine.language == "sql" and "\nAS $" not in routine.definition:
                continue  # pg_get_functiondef prints a parsed body without quotes
            own, name, arguments = identity.path
            path = f"{identifier(own)}, pg_temp"
            yield self.finding(
                schema,
                identity,
                message=f"{identity.name} is SECURITY DEFINER and sets no search_path",
                fix=f"ALTER {identity.kind.upper()} {qualified((own, name))}({arguments}) SET search_path = {path};",
            )
