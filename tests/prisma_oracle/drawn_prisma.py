"""Schemas at random that Prisma accepts, the same for the same seed: what its language can say, mixed.

`drawn(seed)` gives the files of one. Nearly all are valid; what Prisma refuses after all is for the judge to say.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

__all__ = ["drawn"]

_WORDS = """
    account address agent author badge batch basket city client colour comment country course currency device
    draft event file flag folder grade group image invoice item job label language letter limit line link list
    log member message meter note offer order owner page parcel payment person place plan policy post price
    product profile project quote rank region report review role room route rule score season session shop sign
    slot source stage stock store tag task team ticket token tool topic track trip type unit user value vendor
    visit vote wallet zone
"""
WORDS = tuple(_WORDS.split())
LONG = "thatHasAVeryLongNameForWhateverReasonItMayHaveHadOnceUponATime"
NATIVES = {
    "String": ["Text", "VarChar", "VarChar(40)", "Char(3)", "Uuid", "Xml", "Inet", "Bit(8)", "VarBit", "VarBit(9)"],
    "Int": ["Integer", "SmallInt", "Oid"],
    "BigInt": ["BigInt"],
    "Float": ["DoublePrecision", "Real"],
    "Decimal": ["Decimal", "Decimal(10, 2)", "Decimal(5, 0)", "Money"],
    "DateTime": [
        "Timestamp",
        "Timestamp(0)",
        "Timestamp(6)",
        "Timestamptz",
        "Timestamptz(3)",
        "Date",
        "Time",
        "Time(2)",
        "Timetz",
    ],
    "Boolean": ["Boolean"],
    "Json": ["Json", "JsonB"],
    "Bytes": ["ByteA"],
}
ACTIONS = ("Cascade", "Restrict", "NoAction", "SetNull", "SetDefault")


@dataclass
class _Model:
    name: str
    schema: str | None
    mapped: bool = False
    lines: list[str] = field(default_factory=list)
    block: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    plain: list[tuple[str, str, str, bool]] = field(default_factory=list)  # field, scalar, native, optional
    key: list[tuple[str, str, str]] = field(default_factory=list)  # field, scalar, native


def drawn(seed: int) -> dict[str, str]:
    """The files of the schema of that seed, by their names."""
    return _Drawing(random.Random(seed)).files()


class _Drawing:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.previews = [one for one in ("views", "partialIndexes") if self.often(0.4)]
        self.schemas = (
            chance.sample(["app", "public", "two words", "Other"], chance.randint(2, 3)) if self.often(0.2) else []
        )
        self.used: set[str] = set()
        self.enums: list[tuple[str, list[str]]] = []
        self.models: list[_Model] = []
        self.blocks: list[str] = []
        self.relations = 0

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def pick(self, options: list[str] | tuple[str, ...]) -> str:
        return self.chance.choice(options)

    def files(self) -> dict[str, str]:
        for _ in range(self.chance.randint(0, 3)):
            self.enum()
        for _ in range(self.chance.randint(1, 7)):
            self.model()
        for _ in range(self.chance.randint(0, len(self.models) * 2)):
            self.relation()
        if "views" in self.previews:
            self.view()
        for model in self.models:
            self.blocks.append(self.printed("model", model))
        self.chance.shuffle(self.blocks)
        mode = '\n  relationMode = "prisma"' if self.often(0.05) else ""
        listed = f"\n  schemas = [{', '.join(map(_text, self.schemas))}]" if self.schemas else ""
        head = f'datasource db {{\n  provider = "postgresql"{mode}{listed}\n}}\n'
        if self.previews:
            named = ", ".join(map(_text, self.previews))
            head += f'\ngenerator client {{\n  provider = "prisma-client-js"\n  previewFeatures = [{named}]\n}}\n'
        if self.often(0.15) and len(self.blocks) > 1:
            half = len(self.blocks) // 2
            return {
                "a.prisma": "\n".join(self.blocks[:half]),
                "models/b.prisma": "\n".join(self.blocks[half:]),
                "schema.prisma": head,
            }
        return {"schema.prisma": "\n".join([head, *self.blocks])}

    # --- names

    def title(self) -> str:
        while True:
            name = "".join(word.capitalize() for word in self.chance.sample(WORDS, self.chance.choice((1, 1, 2))))
            name = name[0].lower() + name[1:] if self.often(0.1) else name
            name += LONG if self.often(0.04) else ""
            if name.lower() not in self.used and name != "Type":
                self.used.add(name.lower())
                return name

    def own(self, model: _Model, wish: str = "") -> str:
        while True:
            name = wish or "_".join(self.chance.sample(WORDS, self.chance.choice((1, 1, 2))))
            if not wish and self.often(0.5):
                first, *rest = name.split("_")
                name = first + "".join(word.capitalize() for word in rest)
            name += LONG if self.often(0.03) and not wish else ""
            if name not in model.names:
                model.names.add(name)
                return name
            wish = f"{wish}{self.chance.randint(2, 99)}" if wish else ""

    def database_name(self) -> str:
        name = "_".join(self.chance.sample(WORDS, 2)) + str(len(self.used))
        self.used.add(name)
        return self.pick([name, name.upper(), name.replace("_", " "), f"ünï_{name}"])

    def at_schema(self) -> str | None:
        return self.pick(self.schemas) if self.schemas else None

    # --- blocks

    def enum(self) -> None:
        name = self.title()
        values = self.chance.sample([*WORDS, *(word.upper() for word in WORDS)], self.chance.randint(1, 5))
        lines = []
        for value in values:
            mapped = f' @map("{self.pick(["the ", "0-", "ß"])}{value}")' if self.often(0.2) else ""
            lines.append(f"  {value}{mapped}{'  // one of them' if self.often(0.1) else ''}")
        block = [f'  @@map("{self.database_name()}")'] if self.often(0.3) else []
        schema = self.at_schema()
        block += [f"  @@schema({_text(schema)})"] if schema else []
        self.enums.append((name, values))
        self.blocks.append("\n".join([f"enum {name} {{", *lines, *([""] if block else []), *block, "}", ""]))

    def model(self) -> None:
        model = _Model(name=self.title(), schema=self.at_schema())
        self.models.append(model)
        self.the_key(model)
        for _ in range(self.chance.randint(0, 9)):
            self.scalar(model)
        self.indexes(model)
        if self.often(0.4):
            model.mapped = True
            model.block.append(f'@@map("{self.database_name()}")')

    def the_key(self, model: _Model) -> None:
        kinds = [
            ("Int", "", "autoincrement()"), ("BigInt", "", "autoincrement()"), ("Int", "SmallInt", "autoincrement()"),
            ("String", "Uuid", 'dbgenerated("gen_random_uuid()")'), ("String", "", "cuid()"), ("String", "", "uuid(7)"),
            ("String", "Uuid", "uuid()"), ("Int", "", ""), ("String", "VarChar(30)", "nanoid()"), ("DateTime", "", ""),
        ]  # fmt: skip
        if self.often(0.15):
            for _ in range(self.chance.randint(2, 3)):
                name = self.own(model)
                scalar, native, _ = self.chance.choice(kinds)
                model.lines.append(self.field(name, scalar, native))
                model.key.append((name, scalar, native))
            rest = f', map: "{self.database_name()}"' if self.often(0.2) else ""
            model.block.append(f"@@id([{', '.join(one[0] for one in model.key)}]{rest})")
            return
        scalar, native, default = self.chance.choice(kinds)
        name = self.own(model, self.pick(["id", "key", "", "uid"]))
        attributes = ["@id" + (f'(map: "{self.database_name()}")' if self.often(0.1) else "")]
        attributes += [f"@default({default})"] if default else []
        attributes += [f'@map("the_{name}")'] if self.often(0.2) else []
        self.chance.shuffle(attributes)
        model.lines.append(self.field(name, scalar, native, *attributes))
        model.key.append((name, scalar, native))

    def field(self, name: str, type_: str, native: str, *attributes: str) -> str:
        said = [*attributes, *([f"@db.{native}"] if native else [])]
        behind = "  // " + self.pick(WORDS) if self.often(0.05) else ""
        return f"{name}{self.pick([' ', '  '])}{type_} {' '.join(said)}".rstrip() + behind

    def scalar(self, model: _Model) -> None:
        name = self.own(model)
        sign = self.pick(["", "", "?", "?", "[]"])
        attributes = [f"@map({_text(self.database_name())})"] if self.often(0.15) else []
        if self.enums and self.often(0.15):
            title, values = self.chance.choice(self.enums)
            if self.often(0.4):
                default = self.pick(values)
                attributes.append(f"@default({f'[{default}]' if sign == '[]' else default})")
            model.lines.append(self.field(name, title + sign, "", *attributes))
            model.plain.append((name, "enum", "", sign != ""))
            return
        if self.often(0.05):
            kind = self.pick(["point", "tsvector", "int4range", "interval", "cidr", "macaddr"])
            model.lines.append(
                self.field(name, f'Unsupported("{kind}"){sign if sign != "[]" else ""}', "", *attributes)
            )
            return
        scalar = self.pick(list(NATIVES))
        native = self.pick(NATIVES[scalar]) if self.often(0.5) else ""
        default = self.default(scalar, native) if self.often(0.4) else None
        if default is not None:
            value = default if sign != "[]" else f"[{default}]" if "(" not in default.split('"')[0] else "[]"
            attributes.append(f"@default({value})")
        elif scalar == "DateTime" and sign != "[]" and self.often(0.3):
            attributes.append("@updatedAt")
        unique = sign != "[]" and scalar not in ("Json",) and native not in ("Xml",) and self.often(0.12)
        if unique:
            attributes.append(self.pick(["@unique", "@unique(sort: Desc)", f'@unique(map: "{self.database_name()}")']))
        self.chance.shuffle(attributes)
        model.lines.append(self.field(name, scalar + sign, native, *attributes))
        if sign != "[]":
            model.plain.append((name, scalar, native, sign == "?"))
        elif scalar != "Json":
            model.plain.append((name, "list", native, True))
        if self.often(0.05):
            model.lines.append(self.pick(["// remark", "/// what is meant", ""]))

    def default(self, scalar: str, native: str) -> str | None:
        number = self.chance.randint(-(2**15), 2**15 - 1)
        match scalar:
            case "String":
                fixed = {"Uuid": '"6ba7b810-9dad-11d1-80b4-00c04fd430c8"', "Xml": '"<a/>"', "Inet": '"10.0.0.1"'}
                if native in fixed:
                    return fixed[native]
                if "Bit" in native:
                    return '"10101010"' if native == "Bit(8)" else '"101"'
                if native == "Char(3)":
                    return '"abc"'
                return self.pick(['""', '"plain"', '"it\'s"', r'"\"quoted\""', r'"back\\slash"', r'"a\nb"', '"☃"'])
            case "Int":
                return str(abs(number) if native == "Oid" else number)
            case "BigInt":
                return str(number * 10**9)
            case "Float" | "Decimal":
                return (
                    self.pick([str(number), f"{number}.5", "0", "0.25", "-1.500"]) if "Decimal(" not in native else "1"
                )
            case "DateTime":
                return self.pick(["now()", '"2020-02-29T12:30:45.123Z"', '"2021-01-01T00:00:00+02:00"'])
            case "Boolean":
                return self.pick(["true", "false"])
            case "Json":
                return self.pick(['"{}"', '"[1, 2]"', r'"{\"a\": \"it' + "'" + r's\"}"', '"null"'])
            case _:
                return self.pick(['""', '"aGVsbG8="'])

    def indexes(self, model: _Model) -> None:
        plain = [one for one in model.plain if one[1] not in ("Json", "list") and one[2] != "Xml"]
        seen: set[tuple[str, ...]] = set()
        for _ in range(self.chance.randint(0, 3)):
            if not plain:
                break
            fields = self.chance.sample(plain, min(len(plain), self.chance.randint(1, 3)))
            names = tuple(one[0] for one in fields)
            if names in seen:
                continue
            seen.add(names)
            word = self.pick(["@@index", "@@index", "@@unique"])
            if word == "@@unique" and len(names) == 1:
                continue
            items = [name + self.pick(["", "", "(sort: Desc)", "(sort: Asc)"]) for name in names]
            rest = f', map: "{self.database_name()}"' if self.often(0.3) else ""
            if word == "@@index" and len(names) == 1 and self.often(0.2):
                items, rest = [names[0]], f"{rest}, type: {self.pick(['Hash', 'BTree'])}"
            elif word == "@@index" and fields[0][1] == "String" and fields[0][2] in ("", "Text") and self.often(0.2):
                items[0] = f'{names[0]}(ops: raw("text_pattern_ops"))'
            if "partialIndexes" in self.previews and self.often(0.3):
                rest += self.where(fields[0])
            model.block.append(f"{word}([{', '.join(items)}]{rest})")
        for name, kind, native, _ in model.plain:
            if kind == "list" and native != "Xml" and self.often(0.3):
                model.block.append(f"@@index([{name}], type: Gin)")
            if kind in ("Int", "BigInt") and native != "Oid" and self.often(0.04):
                model.block.append(f'@@index([{name}], type: Brin, map: "{self.database_name()}")')

    def where(self, one: tuple[str, str, str, bool]) -> str:
        name, kind, _, optional = one
        options = ['raw("1 = 1")']
        if kind == "Boolean":
            options += [f"{{ {name}: true }}", f"{{ {name}: {{ not: false }} }}"]
        if optional:
            options += [f"{{ {name}: null }}", f"{{ {name}: {{ not: null }} }}"]
        return f", where: {self.pick(options)}"

    def relation(self) -> None:
        self.relations += 1
        one, other = self.chance.choice(self.models), self.chance.choice(self.models)
        title = f'"rel{self.relations}"' if self.often(0.5) else f'name: "Relation {self.relations}"'
        if self.often(0.2) and len(one.key) == 1 and len(other.key) == 1:
            first = self.own(one, f"many{other.name}{self.relations}")
            second = self.own(other, f"all{one.name}{self.relations}")
            one.lines.append(f"{first} {other.name}[] @relation({title})")
            other.lines.append(f"{second} {one.name}[] @relation({title})")
            return
        optional = self.often(0.5)
        columns = []
        for key, scalar, native in other.key:
            name = self.own(one, f"{self.pick(['to', 'of', 'the'])}_{key}_{self.relations}")
            unique_field = len(other.key) == 1 and self.often(0.25)
            attributes = ["@unique"] if unique_field else []
            attributes += [f"@map({_text(self.database_name())})"] if self.often(0.2) else []
            one.lines.append(self.field(name, scalar + ("?" if optional else ""), native, *attributes))
            columns.append(name)
        fields = f"fields: [{', '.join(columns)}], references: [{', '.join(key for key, _, _ in other.key)}]"
        rest = f", onDelete: {self.action(optional)}" if self.often(0.5) else ""
        rest += f", onUpdate: {self.action(optional)}" if self.often(0.3) else ""
        rest += f', map: "{self.database_name()}"' if self.often(0.2) else ""
        here = self.own(one, f"{other.name[0].lower()}{other.name[1:]}{self.relations}")
        there = self.own(other, f"from{one.name}{self.relations}")
        single = len(columns) == 1 and any(
            line.split()[0] == columns[0] and "@unique" in line for line in one.lines if line.split()
        )
        back = f"{one.name}?" if single and self.often(0.7) else f"{one.name}[]"
        one.lines.append(f"{here} {other.name}{'?' if optional else ''} @relation({title}, {fields}{rest})")
        other.lines.append(f"{there} {back} @relation({title})")
        if self.often(0.3):
            one.block.append(f"@@index([{', '.join(columns)}])")

    def action(self, optional: bool) -> str:
        return self.pick(ACTIONS if optional else [one for one in ACTIONS if one != "SetNull"])

    def view(self) -> None:
        name = self.title()
        schema = self.at_schema()
        lines = ["  id Int @unique", "  name String?"]
        lines += ["", f"  @@schema({_text(schema)})"] if schema else []
        self.blocks.append("\n".join([f"view {name} {{", *lines, "}", ""]))

    def printed(self, word: str, model: _Model) -> str:
        lines = [f"  {line}".rstrip() for line in model.lines]
        block = list(model.block)
        self.chance.shuffle(block)
        if model.schema:
            block.append(f"@@schema({_text(model.schema)})")
        if block:
            lines += ["", *(f"  {line}" for line in block)]
        above = [self.pick(["// about it", "/// documented"])] if self.often(0.2) else []
        return "\n".join([*above, f"{word} {model.name} {{", *lines, "}", ""])


def _text(value: str) -> str:
    return f'"{value}"'
