"""What exists in a database that `kinds/` does not read?

Everything here is listed by kind and name in each output that would be wrong without it. When a kind gets its
own file, its line here goes. The table is data: kind -> a query that gives (name for people, schema, relation),
the latter two NULL where it belongs to no relation. Members of extensions and PostgreSQL's own objects are left out.
"""

from __future__ import annotations

from pgmason.catalog.facets import foreign_grants_query
from pgmason.catalog.foreign import is_secret
from pgmason.catalog.kinds import NOT_OWN, NOT_OWN_RELATION, all_kinds, not_member
from pgmason.catalog.kinds.user_mapping import HIDDEN

__all__ = ["unread_query"]


def _own(alias: str) -> str:
    """Not a part of another object, as the constructors and the cast of a range type are (pg_depend.deptype 'i')."""
    return (
        f"NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = {alias}.tableoid"
        f" AND i.objid = {alias}.oid AND i.deptype = 'i')"
    )


def _in_schema(
    catalog: str, alias: str, name: str, namespace: str, condition: str = "true", label: str | None = None
) -> str:
    label = label or f"pg_catalog.format('%I.%I', n.nspname, {alias}.{name})"
    return f"""SELECT {label}, NULL::name, NULL::name FROM pg_catalog.{catalog} {alias}
        JOIN pg_catalog.pg_namespace n ON n.oid = {alias}.{namespace}
        WHERE {condition} AND {NOT_OWN} AND {not_member(alias)}"""


def _of_relation(catalog: str, alias: str, name: str, relation: str, condition: str = "true") -> str:
    return f"""SELECT pg_catalog.format('%I on %I.%I', {alias}.{name}, n.nspname, c.relname), n.nspname, c.relname
        FROM pg_catalog.{catalog} {alias} JOIN pg_catalog.pg_class c ON c.oid = {alias}.{relation}
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE {condition} AND {NOT_OWN_RELATION}"""


def _relation(condition: str) -> str:
    return f"""SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), n.nspname, c.relname FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {condition} AND {NOT_OWN_RELATION}"""


def _in_database(catalog: str, alias: str, name: str, condition: str = "true") -> str:
    return f"""SELECT pg_catalog.quote_ident({alias}.{name}), NULL::name, NULL::name FROM pg_catalog.{catalog} {alias}
        WHERE {condition} AND {not_member(alias)}"""


_ROUTINE = "pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))"
# Objects below this oid came with initdb (FirstNormalObjectId, access/transam.h).
_OURS = "oid >= 16384"

UNREAD: dict[str, str] = {
    "function": _in_schema("pg_proc", "p", "proname", "pronamespace", "p.prokind IN ('f', 'w')", _ROUTINE)
    + f" AND {_own('p')}",
    "procedure": _in_schema("pg_proc", "p", "proname", "pronamespace", "p.prokind = 'p'", _ROUTINE),
    "aggregate": _in_schema("pg_proc", "p", "proname", "pronamespace", "p.prokind = 'a'", _ROUTINE),
    # PostgreSQL prints an argument without a name as "" where others have one (get_parameter, ruleutils.c).
    "unnamed argument in the body of a function": _in_schema(
        "pg_proc",
        "p",
        "proname",
        "pronamespace",
        """CASE WHEN '' = ANY (p.proargnames) AND p.prokind IN ('f', 'w', 'p')
                THEN pg_catalog.to_jsonb(p) ->> 'prosqlbody' IS NOT NULL
                     AND pg_catalog.pg_get_functiondef(p.oid) LIKE '%""%' ELSE false END""",
        _ROUTINE,
    ),
    "trigger": _of_relation("pg_trigger", "g", "tgname", "tgrelid", "NOT g.tgisinternal AND g.tgparentid = 0"),
    # DISABLE TRIGGER ALL reaches them; their names hold numbers that PostgreSQL gives, so no script can say it.
    "checking of a constraint switched off": """SELECT DISTINCT pg_catalog.format('%I on %I.%I', k.conname, n.nspname,
        c.relname), n.nspname, c.relname FROM pg_catalog.pg_trigger g
        JOIN pg_catalog.pg_constraint k ON k.oid = g.tgconstraint JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE g.tgisinternal AND g.tgenabled <> 'O' AND k.contype <> 't' AND """
    + NOT_OWN_RELATION,
    "rule": _of_relation("pg_rewrite", "r", "rulename", "ev_class", "r.rulename <> '_RETURN'"),
    "policy": _of_relation("pg_policy", "p", "polname", "polrelid"),
    "exclusion constraint": _of_relation(
        "pg_constraint", "k", "conname", "conrelid", "k.contype = 'x' AND k.conparentid = 0"
    ),
    "row security": _relation("c.relrowsecurity OR c.relforcerowsecurity"),
    "storage parameters": _relation("c.reloptions IS NOT NULL AND c.relkind IN ('r', 'p', 'i', 'I')"),
    "replica identity": _relation("c.relreplident <> 'd' AND c.relkind IN ('r', 'p')"),
    "table of a composite type": _relation("c.reloftype <> 0 AND c.relkind IN ('r', 'p')"),
    "grants": foreign_grants_query(),
    "grants on a parameter": """SELECT pg_catalog.quote_ident(a.parname), NULL::name, NULL::name
        FROM pg_catalog.pg_parameter_acl a""",
    "security label": """SELECT pg_catalog.format('%s for %s %s', l.provider, i.type, i.identity),
        NULL::name, NULL::name FROM pg_catalog.pg_seclabel l
        CROSS JOIN LATERAL pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) AS i""",
    "options of a user mapping": f"""SELECT pg_catalog.format('%I.%I', m.srvname, m.usename), NULL::name, NULL::name
        FROM pg_catalog.pg_user_mappings m JOIN pg_catalog.pg_foreign_server s ON s.oid = m.srvid WHERE {HIDDEN}""",
    "secret option": f"""SELECT pg_catalog.format('%I of %s', p.option_name, o.label), o.schema, o.relation FROM (
        SELECT pg_catalog.format('foreign-data wrapper %I', w.fdwname), NULL::name, NULL::name, w.fdwoptions
        FROM pg_catalog.pg_foreign_data_wrapper w WHERE {not_member("w")}
        UNION ALL SELECT pg_catalog.format('foreign server %I', s.srvname), NULL, NULL, s.srvoptions
        FROM pg_catalog.pg_foreign_server s WHERE {not_member("s")}
        UNION ALL SELECT pg_catalog.format('user mapping %I.%I', m.srvname, m.usename), NULL, NULL, m.umoptions
        FROM pg_catalog.pg_user_mappings m
        UNION ALL SELECT pg_catalog.format('foreign table %I.%I', n.nspname, c.relname), n.nspname, c.relname,
            pg_catalog.array_cat(f.ftoptions, ARRAY(SELECT pg_catalog.unnest(a.attfdwoptions)
                                                    FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid))
        FROM pg_catalog.pg_foreign_table f JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {NOT_OWN_RELATION}
        ) AS o(label, schema, relation, options)
        CROSS JOIN LATERAL pg_catalog.pg_options_to_table(o.options) p WHERE {is_secret("p.option_name")}""",
    "connection of a subscription": """SELECT pg_catalog.quote_ident(s.subname), NULL::name, NULL::name
        FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
        WHERE d.datname = pg_catalog.current_database()""",
    "domain": _in_schema("pg_type", "t", "typname", "typnamespace", "t.typtype = 'd'"),
    "range type": _in_schema("pg_type", "t", "typname", "typnamespace", "t.typtype = 'r'"),
    "base type": _in_schema(
        "pg_type",
        "t",
        "typname",
        "typnamespace",
        "t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type b WHERE b.typarray = t.oid)",
    ),
    "composite type": _relation("c.relkind = 'c'"),
    "foreign table": _relation("c.relkind = 'f'"),
    "extended statistics": _in_schema("pg_statistic_ext", "s", "stxname", "stxnamespace"),
    "collation": _in_schema("pg_collation", "o", "collname", "collnamespace"),
    "conversion": _in_schema("pg_conversion", "o", "conname", "connamespace"),
    "operator": _in_schema("pg_operator", "o", "oprname", "oprnamespace", label="o.oid::pg_catalog.regoperator::text"),
    "operator class": _in_schema("pg_opclass", "o", "opcname", "opcnamespace"),
    "operator family": _in_schema("pg_opfamily", "o", "opfname", "opfnamespace"),
    "text search configuration": _in_schema("pg_ts_config", "o", "cfgname", "cfgnamespace"),
    "text search dictionary": _in_schema("pg_ts_dict", "o", "dictname", "dictnamespace"),
    "text search parser": _in_schema("pg_ts_parser", "o", "prsname", "prsnamespace"),
    "text search template": _in_schema("pg_ts_template", "o", "tmplname", "tmplnamespace"),
    "cast": f"""SELECT pg_catalog.format(
        '%s AS %s', pg_catalog.format_type(k.castsource, NULL), pg_catalog.format_type(k.casttarget, NULL)),
        NULL::name, NULL::name FROM pg_catalog.pg_cast k WHERE k.{_OURS} AND {not_member("k")}
        AND {_own("k")}""",
    "event trigger": _in_database("pg_event_trigger", "g", "evtname"),
    "publication": _in_database("pg_publication", "p", "pubname"),
    "foreign-data wrapper": _in_database("pg_foreign_data_wrapper", "w", "fdwname"),
    "foreign server": _in_database("pg_foreign_server", "s", "srvname"),
    "language": _in_database("pg_language", "l", "lanname", f"l.{_OURS}"),
    "access method": _in_database("pg_am", "a", "amname", f"a.{_OURS}"),
    "NOT NULL constraint not valid": _of_relation(
        "pg_constraint", "k", "conname", "conrelid", "k.contype = 'n' AND NOT k.convalidated AND k.conparentid = 0"
    ),
    "transform": """SELECT pg_catalog.format_type(f.trftype, NULL), NULL::name, NULL::name
        FROM pg_catalog.pg_transform f""",
}


# The major that brought the system catalog that an entry asks.
_SINCE = {"grants on a parameter": 150000}


def unread_query(version: int) -> str:
    """One query: (kind, name, schema, relation), unsorted; `version` is the server's, as 150018."""
    read = {name for kind in all_kinds() for name in (kind.name, *kind.covers)}
    return " UNION ALL ".join(
        f"SELECT '{kind}'::text, u.* FROM ({query}) AS u(name, schema, relation)"
        for kind, query in UNREAD.items()
        if kind not in read and version >= _SINCE.get(kind, 0)
    )
