r"""Which statements are in this SQL text, where do they stand, and of what form is each?

This is the one place where SQL text is cut up. Two readers work one after the other:

1. A lexer of ours knows what hides a semicolon or a backslash (quotes, dollar quotes, comments) and nothing else of
   SQL. It finds what only psql understands, `\restrict` and its kind and the rows behind `COPY ... FROM stdin;`, and
   covers it with blanks, so that no offset moves.
2. libpg_query (PostgreSQL 18's own grammar, by way of `postgast`) parses what is left, once per script.

Questions to a tree that more than one room asks are answered here too, so that no other room needs to know how a
tree is built. Each file imports only files above it:

    tree.py            what a tree is to a checker; the names of what it enumerates
    script.py          what is given: Script, Statement, MetaCommand
    places.py          offsets as lines and columns, bytes as characters
    script_error.py    ScriptError, and the line it shows
    landmarks.py       the next quote, comment, semicolon or backslash
    depth.py           how deep a tree can be, told before it is parsed
    parser.py          the grammar; the one file that knows postgast, and deep trees
    copy_rows.py       the rows behind COPY ... FROM stdin
    meta_commands.py   lines for psql, and which of them are harmless
    lexer.py           where statements end; what is covered
    reading.py         read_script
    transactions.py    needs_own_transaction, transaction_control, transaction_step
    procedural.py      catches_errors, takes_all_columns, the body of a DO
    roles.py           roles_named
    objects.py         objects_named, extensions_created
    analyzing.py       analyzes: whether statistics are counted anew
    named_rows.py      columns_given: whether an UPDATE or DELETE names its rows
    shapes.py          shape_of: statements of programs without their values, and what they look up by
    conditions.py      read_condition, is_constant
    rewording.py       commands_apart, concurrently: a statement that does less at once
    expressions.py     defaults and index keys, where they are simple

Left to others: executing anything; what a statement does (effects/), whether it is wise (rules/), reading files.

What it cannot see: SQL inside strings (DO blocks, function bodies, EXECUTE); psql's `:variables` (a syntax error here);
grammar that PostgreSQL 18 does not know; text that relies on standard_conforming_strings = off; a comment between the
parts of a string that goes on over lines (libpg_query refuses it). psql may go on with SQL after a second backslash of
a line; here a meta-command is the whole rest of its line, and then not harmless.
"""

from __future__ import annotations

from pgmason.statements.analyzing import analyzes, may_analyze
from pgmason.statements.calls import Called, calls_of
from pgmason.statements.conditions import Condition, is_constant, read_condition
from pgmason.statements.inserting import Insertion, insertion_of
from pgmason.statements.named_rows import columns_given
from pgmason.statements.objects import NamedKind, NamedObject, extensions_created, objects_named
from pgmason.statements.procedural import anonymous_body, catches_errors, names_in_body, takes_all_columns
from pgmason.statements.reading import read_script
from pgmason.statements.repeating import says_again
from pgmason.statements.rewording import commands_apart, concurrently, only_validates, sets
from pgmason.statements.roles import roles_named
from pgmason.statements.script import MetaCommand, Script, Statement
from pgmason.statements.script_error import ScriptError
from pgmason.statements.shapes import Lookup, Shape, Verb, shape_of
from pgmason.statements.transactions import (
    TransactionStep,
    needs_own_transaction,
    transaction_control,
    transaction_step,
)
from pgmason.statements.tree import Tree

__all__ = [
    "Called",
    "Condition",
    "Insertion",
    "Lookup",
    "MetaCommand",
    "NamedKind",
    "NamedObject",
    "Script",
    "ScriptError",
    "Shape",
    "Statement",
    "TransactionStep",
    "Tree",
    "Verb",
    "analyzes",
    "anonymous_body",
    "calls_of",
    "catches_errors",
    "columns_given",
    "commands_apart",
    "concurrently",
    "extensions_created",
    "insertion_of",
    "is_constant",
    "may_analyze",
    "names_in_body",
    "needs_own_transaction",
    "objects_named",
    "only_validates",
    "read_condition",
    "read_script",
    "roles_named",
    "says_again",
    "sets",
    "shape_of",
    "takes_all_columns",
    "transaction_control",
    "transaction_step",
]
