"""Which types does the language have on PostgreSQL, and what are they there?

One row a native type: the scalar that may carry it, what it takes in brackets, and its SQL. A scalar without an
`@db.` attribute has the type of DEFAULTS. (Prisma schema reference, "PostgreSQL native type mappings"; the rows
agree with what its engine creates, which the tests ask)
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULTS", "NATIVE", "SCALARS", "NativeKind", "NativeType", "sql_type", "wrong_arguments"]


@dataclass(frozen=True, slots=True)
class NativeKind:
    """A native type: its scalar, how many numbers it takes at most, its name in SQL.

    `numbers` is 0, 1 (a length or precision, may be left out) or 2 (precision and scale: both or none).
    `serial` is what it becomes under `@default(autoincrement())`.
    """

    scalar: str
    sql: str
    numbers: int = 0
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class NativeType:
    """A native type as a field has it: `VarChar` with (30,)."""

    name: str
    arguments: tuple[int, ...] = ()


NATIVE: dict[str, NativeKind] = {
    "SmallInt": NativeKind("Int", "SMALLINT", serial="SMALLSERIAL"),
    "Integer": NativeKind("Int", "INTEGER", serial="SERIAL"),
    "BigInt": NativeKind("BigInt", "BIGINT", serial="BIGSERIAL"),
    "Decimal": NativeKind("Decimal", "DECIMAL", 2),
    "Money": NativeKind("Decimal", "MONEY"),
    "Inet": NativeKind("String", "INET"),
    "Oid": NativeKind("Int", "OID"),
    "Citext": NativeKind("String", "CITEXT"),
    "Real": NativeKind("Float", "REAL"),
    "DoublePrecision": NativeKind("Float", "DOUBLE PRECISION"),
    "VarChar": NativeKind("String", "VARCHAR", 1),
    "Char": NativeKind("String", "CHAR", 1),
    "Text": NativeKind("String", "TEXT"),
    "ByteA": NativeKind("Bytes", "BYTEA"),
    "Timestamp": NativeKind("DateTime", "TIMESTAMP", 1),
    "Timestamptz": NativeKind("DateTime", "TIMESTAMPTZ", 1),
    "Date": NativeKind("DateTime", "DATE"),
    "Time": NativeKind("DateTime", "TIME", 1),
    "Timetz": NativeKind("DateTime", "TIMETZ", 1),
    "Boolean": NativeKind("Boolean", "BOOLEAN"),
    "Bit": NativeKind("String", "BIT", 1),
    "VarBit": NativeKind("String", "VARBIT", 1),
    "Uuid": NativeKind("String", "UUID"),
    "Xml": NativeKind("String", "XML"),
    "Json": NativeKind("Json", "JSON"),
    "JsonB": NativeKind("Json", "JSONB"),
}

DEFAULTS: dict[str, NativeType] = {
    "Int": NativeType("Integer"),
    "BigInt": NativeType("BigInt"),
    "Float": NativeType("DoublePrecision"),
    "Decimal": NativeType("Decimal", (65, 30)),
    "Boolean": NativeType("Boolean"),
    "String": NativeType("Text"),
    "DateTime": NativeType("Timestamp", (3,)),
    "Bytes": NativeType("ByteA"),
    "Json": NativeType("JsonB"),
}

SCALARS = tuple(DEFAULTS)

_LARGEST = {"Timestamp": 6, "Timestamptz": 6, "Time": 6, "Timetz": 6}
_PARTS_OF_SECOND = "from 0 to 6 digits of a second"


def sql_type(native: NativeType, *, serial: bool = False) -> str:
    """The type as CREATE TABLE names it: `VARCHAR(30)`, `SERIAL`."""
    kind = NATIVE[native.name]
    if serial and kind.serial is not None:
        return kind.serial
    return kind.sql + (f"({','.join(map(str, native.arguments))})" if native.arguments else "")


def wrong_arguments(native: NativeType) -> tuple[str, str] | None:
    """What is wrong with the numbers of a native type that exists, and how Prisma begins its message for it."""
    numbers = native.arguments
    kind = NATIVE[native.name]
    if len(numbers) > kind.numbers:
        optional = f"Native type {native.name} takes {kind.numbers} optional arguments"
        prisma = optional if kind.numbers else f'Function "{native.name}" takes 0 arguments'
        return f"{native.name} takes {_counted(kind.numbers)}, not {len(numbers)}", prisma
    if kind.numbers == 2 and len(numbers) == 1:
        return f"{native.name} takes a precision and a scale, or neither", "Expected two nonnegative integers"
    said = f"Argument M is out of range for native type `{native.name}({','.join(map(str, numbers))})`"
    if native.name in _LARGEST and numbers and numbers[0] > _LARGEST[native.name]:
        return f"{native.name} takes {_PARTS_OF_SECOND}, not {numbers[0]}", said
    if native.name == "Decimal" and numbers:
        precision, scale = numbers
        if not 1 <= precision <= 1000:
            return f"the precision of Decimal is from 1 to 1000, not {precision}", said
        if scale > precision:
            return f"the scale of Decimal ({scale}) is larger than its precision ({precision})", (
                "The scale must not be larger than the precision"
            )
    if native.name in ("Bit", "VarBit") and numbers == (0,):
        return f"the length of {native.name} is at least 1", said
    return None


def _counted(numbers: int) -> str:
    return ("no argument", "at most one number", "two numbers")[numbers]
