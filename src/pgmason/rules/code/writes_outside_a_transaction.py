"""Of several writes that belong together, the first stays when the second fails.

A deploy, a lost connection or a constraint between two writes leaves an order that is paid and a payment that is not.
In a transaction both are there or neither is. A connection of a pool is not one connection: BEGIN on it begins
somewhere else; and what the outer client writes inside a transaction's callback is outside of the transaction.

Writes are counted along one path through a function: those of the other branch are not made together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pgmason.application.calls import Ask, Means
from pgmason.application.model import (
    Assign,
    Await,
    Branch,
    Call,
    Choice,
    Do,
    Each,
    Expression,
    Function,
    Group,
    Leave,
    Listed,
    Loop,
    Member,
    Name,
    Node,
    Record,
    Statement,
    Tagged,
    Text,
    Try,
    With,
    children,
    descend,
    path_of,
    root_of,
)
from pgmason.findings import Finding, Severity
from pgmason.rules.code_rule import CodeInput, CodeRule
from pgmason.statements.fragments import verb_of

__all__ = ["WritesOutsideATransaction"]

_TRANSACTION_NAMES = {"tx", "trx", "t", "txn", "transaction", "trans", "transactionclient", "txclient", "qr"}
_TRANSACTION_WORDS = ("transaction", "atomic", "begin", "savepoint", "unit_of_work", "unitofwork")
_UNIT_OF_WORK = ("sqlalchemy", "sqlmodel", "psycopg", "psycopg2", "flask_sqlalchemy")


@dataclass(frozen=True, slots=True)
class _Step:
    """A write, or a commit, on a path; `node` is where it is made, `ask` None for a commit. `own` is False where it is
    made in a function that this one calls."""

    node: Node
    ask: Ask | None
    own: bool = True


_Path = tuple[_Step, ...]


class WritesOutsideATransaction(CodeRule):
    severity = Severity.LOSS
    title = "A function writes several times on one path, outside a transaction."
    effect = "A failure between the writes leaves the first of them without the others."
    bad = """\
export async function pay(paymentId: string, orderId: string) {
  await prisma.payment.update({ where: { id: paymentId }, data: { status: "captured" } });
  await prisma.order.update({ where: { id: orderId }, data: { status: "paid" } });
}
"""
    good = """\
export async function pay(paymentId: string, orderId: string) {
  await prisma.$transaction(async (tx) => {
    await tx.payment.update({ where: { id: paymentId }, data: { status: "captured" } });
    await tx.order.update({ where: { id: orderId }, data: { status: "paid" } });
  });
}
"""
    cannot_see = (
        "Writes in functions of other files, transactions that a caller in another file has begun on a client that is"
        " handed over, and writes of ORMs whose methods have names that anything has (Sequelize, peewee). One write for"
        " each item of a loop is query-in-a-loop's. Where a transaction begins by itself (psycopg,"
        " SQLAlchemy), it speaks of a function that commits more than once. One write beside a whole transaction of the"
        " same function is not told: it may be there on purpose."
    )
    brief = "Transactions for mutations: every multi-step write must be in a transaction."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """Each function with a path of several writes, told once, at the second of them."""
        reading = _Reading(code)
        for function in code.scopes.functions:
            if not function.name and not _stands_alone(code, function):
                continue
            if any(word in said.lower() for said in function.decorators for word in ("transaction", "atomic")):
                continue
            if reading.is_called_inside(function):
                continue
            yield from self._of_function(code, reading, function)
        for callback, step in reading.beside:
            yield self.finding(
                code,
                step.node,
                message=f"{_called(step)} is called in a transaction's callback, and writes outside of it",
                fix=f"write by {callback.parameters[0].names[0]}, which the callback is given",
                detail=f"outer client {_called(step)}",
            )

    def _of_function(self, code: CodeInput, reading: _Reading, function: Function) -> Iterator[Finding]:
        path = reading.longest(function)
        writes = [step for step in path if step.ask is not None]
        commits = [step for step in path if step.ask is None]
        if reading.commits_itself:
            if len(commits) < 2 or not writes or not any(step.own for step in writes):
                return
            node = commits[1].node
            message = f"commits {len(commits)} times between its writes, so that they are not one transaction"
            fix = "flush where a key is needed, and commit once at the end; or with session.begin():"
        else:
            if len({id(step.node) for step in writes}) < 2:
                return
            node = writes[1].node
            named = ", then ".join(dict.fromkeys(step.ask.name for step in writes if step.ask is not None))
            message = f"{named}: {len(writes)} writes outside a transaction"
            fix = _fix(code, writes)
        names = " ".join(sorted({step.ask.name for step in writes if step.ask is not None}))
        yield self.finding(code, node, message=message, fix=fix, detail=f"writes {names}")


def _called(step: _Step) -> str:
    return step.ask.name if step.ask is not None else "commit"


def _stands_alone(code: CodeInput, function: Function) -> bool:
    """Whether a function without a name is a handler of its own: handed over at the top of the file."""
    scope, _ = code.scopes.where(function)
    return scope.parent is None and not any(
        isinstance(call, Call) and function in call.arguments and _is_transaction(call)
        for call in code.nodes
        if isinstance(call, Call)
    )


def _is_transaction(node: Expression) -> bool:
    return any(word in step.lower() for step in path_of(node) for word in _TRANSACTION_WORDS)


def _longer(one: _Path, other: _Path) -> _Path:
    return other if len(other) > len(one) else one


class _Reading:
    """The writes of one file, along the paths of its functions."""

    def __init__(self, code: CodeInput) -> None:
        self.code = code
        self.writes = {id(ask.node): ask for ask in code.asks if ask.writes and ask.means is not Means.FRAGMENT}
        self.asks = {id(ask.node): ask for ask in code.asks}
        self.beside: list[tuple[Function, _Step]] = []
        self._kept: dict[int, _Path] = {}
        self._busy: set[int] = set()
        self._gathered = self._in_lists() | self._given_on()

    def longest(self, function: Function) -> _Path:
        """The steps of the path with the most of them."""
        if id(function) in self._kept:
            return self._kept[id(function)]
        if id(function) in self._busy:
            return ()
        self._busy.add(id(function))
        through, left = self._block(function.body)
        self._busy.discard(id(function))
        found = _longer(through or (), left)
        if self._begins(function):
            found = ()
        self._kept[id(function)] = found
        return found

    @cached_property
    def commits_itself(self) -> bool:
        """Whether the library begins a transaction by itself, so that only commits part the writes."""
        modules = self.code.scopes.modules
        if self.code.language != "python" or any(one.startswith(("django", "asyncpg")) for one in modules):
            return False
        if not any(one.partition(".")[0] in _UNIT_OF_WORK for one in modules):
            return True  # a connection of an unknown library
        text = [node for node in self.code.nodes if isinstance(node, Call | Assign)]
        return not any(_switches_to_autocommit(node) for node in text)

    def is_called_inside(self, function: Function) -> bool:
        """Whether every call of a function stands in this file, inside of a transaction."""
        if not self.code.scopes.all_callers_seen(function):
            return False
        return all(id(call) in self._inside for call in self.code.scopes.callers[id(function)])

    @cached_property
    def _inside(self) -> frozenset[int]:
        """The calls that stand in a transaction's block or callback, or in a function that is decorated as one."""
        found: set[int] = set()
        for node in self.code.nodes:
            within: tuple[Node, ...] = ()
            if isinstance(node, With) and any(_is_transaction(value) for value, _ in node.entered):
                within = node.body
            elif isinstance(node, Call) and _is_transaction(node.of):
                within = tuple(one for one in node.arguments if isinstance(one, Function))
            elif isinstance(node, Function) and any("atomic" in one or "transaction" in one for one in node.decorators):
                within = node.body
            found |= {id(one) for part in within for one in descend(part) if isinstance(one, Call)}
        return frozenset(found)

    # what begins a transaction in a function itself

    def _begins(self, function: Function) -> bool:
        for statement in function.body:
            for node in descend(statement, into_functions=False):
                if isinstance(node, Call):
                    last = path_of(node.of)[-1:]
                    if last and last[0] in ("startTransaction", "beginTransaction", "begin_transaction"):
                        return True
                    if last == ("begin",) and isinstance(node.of, Member) and self.code.language != "python":
                        return True
                    ask = self.asks.get(id(node))
                    if ask is None and last == ("query",) and node.arguments and isinstance(node.arguments[0], Text):
                        begins = verb_of(node.arguments[0].value) in ("begin", "start")
                    else:
                        begins = ask is not None and verb_of(ask.told) in ("begin", "start")
                    if begins and isinstance(node.of, Member) and not self._is_pool(node.of.of):
                        return True
        return False

    def _is_pool(self, client: Expression) -> bool:
        last = path_of(client)[-1:]
        if last and last[0].lower().endswith("pool"):
            return True
        if isinstance(client, Name):
            _, found = self.code.scopes.reaching(client)
            made = [one.value for one in found if isinstance(one.value, Call) and one.value.new]
            return any(path_of(one.of)[-1:] == ("Pool",) for one in made)
        return False

    # paths

    def _block(self, body: tuple[Statement, ...]) -> tuple[_Path | None, _Path]:
        """(the longest path that goes on behind the block, None where none does; the longest that leaves inside)."""
        so_far: _Path = ()
        left: _Path = ()
        for statement in body:
            through, out = self._statement(statement)
            left = _longer(left, so_far + out) if out or isinstance(statement, Leave) else left
            if through is None:
                return None, _longer(left, so_far + out)
            so_far += through
        return so_far, left

    def _statement(self, statement: Statement) -> tuple[_Path | None, _Path]:
        match statement:
            case Function():
                return (), ()
            case Leave():
                inside = self._expression(statement.value) if statement.value is not None else ()
                return None, inside if statement.word in ("return", "break", "continue") else ()
            case Branch():
                return self._branch(self._expression(statement.test), statement.paths)
            case Loop():
                before = self._expression(statement.over) if statement.over is not None else ()
                through, left = self._block(statement.body)
                inside = _longer(through or (), left)
                writes = tuple(step for step in inside if step.ask is not None)
                return before + writes, ()
            case Try():
                through, left = self._block(statement.body)
                final, out = self._block(statement.final)
                for handler in statement.handlers:
                    caught, gone = self._block(handler)
                    left = _longer(left, gone)
                    if caught is not None:
                        through = caught if through is None else _longer(through, caught)
                if final is None:
                    return None, _longer(left, out)
                return (None if through is None else through + final), left
            case With():
                return self._with(statement)
            case Group():
                return self._block(statement.body) if not statement.name else ((), ())
            case Assign() | Do():
                return self._expression(statement.value), ()
        return self._expression(statement), ()

    def _branch(self, before: _Path, paths: tuple[tuple[Statement, ...], ...]) -> tuple[_Path | None, _Path]:
        through: _Path | None = None
        left: _Path = ()
        for body in paths:
            on, out = self._block(body)
            left = _longer(left, before + out)
            if on is not None:
                through = before + on if through is None else _longer(through, before + on)
        return through, left

    def _with(self, statement: With) -> tuple[_Path | None, _Path]:
        entered = [value for value, _ in statement.entered]
        before = tuple(step for value in entered for step in self._expression(value))
        through, left = self._block(statement.body)
        begins = any(_is_transaction(value) or _is_plain_connection(value) for value in entered)
        if begins and self.code.language == "python":
            return (None if through is None else before), ()
        return (None if through is None else before + through), before + left if left else ()

    def _expression(self, node: Node) -> _Path:
        """The steps of an expression, in the order of the text."""
        if isinstance(node, Function):
            return ()
        if isinstance(node, Choice):
            before = self._expression(node.test) if node.test is not None else ()
            best: _Path = ()
            for option in node.options:
                best = _longer(best, self._expression(option))
            return before + best
        if isinstance(node, Each):
            return (*self._expression(node.over), *self._expression(node.value))
        if isinstance(node, Call | Tagged):
            return self._call(node)
        return tuple(step for child in children(node) for step in self._expression(child))

    def _call(self, node: Call | Tagged) -> _Path:
        inner: list[_Step] = list(self._expression(node.of if isinstance(node, Call) else node.tag))
        if isinstance(node, Call):
            transaction = _is_transaction(node.of)
            for argument in (*node.arguments, *(value for _, value in node.keywords)):
                if isinstance(argument, Function):
                    inside = self.longest(argument) if argument.parameters or not transaction else ()
                    if not transaction:
                        inner += inside
                    elif inside:
                        self._beside(node, argument, inside)
                elif not transaction:
                    inner += self._expression(argument)
            if path_of(node.of)[-1:] == ("commit",) and isinstance(node.of, Member):
                inner.append(_Step(node, None))
            function = self.code.scopes.called(node)
            if function is not None and id(node) not in self.writes:
                made = [step for step in self.longest(function) if step.ask is not None]
                if made and not self.commits_itself:
                    inner.append(_Step(node, made[0].ask, own=False))
        ask = self.writes.get(id(node))
        if ask is not None and id(node) not in self._gathered and not self._in_transaction(ask):
            inner.append(_Step(node, ask))
        return tuple(inner)

    def _beside(self, call: Call, callback: Function, inside: _Path) -> None:
        """Writes in a transaction's callback by the client that the transaction was asked of."""
        if not callback.parameters:
            return
        outer = path_of(call.of)[:1]
        for step in inside:
            if step.ask is not None and step.own and path_of(step.ask.client)[:1] == outer and outer != ("this",):
                self.beside.append((callback, step))
                return

    def _in_transaction(self, ask: Ask) -> bool:
        """Whether what a write is made by is a transaction's, as far as this file says."""
        client = ask.client
        if isinstance(ask.node, Call):
            for argument in ask.node.arguments:
                if isinstance(argument, Record) and argument.get("transaction") is not None:
                    return True
                if isinstance(argument, Name) and argument.name.lower() in _TRANSACTION_NAMES:
                    return True
        steps = path_of(client)
        if any(step.lower().strip("_#") in _TRANSACTION_NAMES or "transaction" in step.lower() for step in steps):
            return True
        root = root_of(client)
        if not isinstance(root, Name):
            return False
        scope, found = self.code.scopes.reaching(root)
        for one in found:
            if one.kind in ("value", "opaque") and _is_transaction(one.value):
                return True
            if one.kind == "parameter" and scope is not None and isinstance(scope.of, Function):
                return self._is_given(scope.of, one.value, root.name)
        return False

    def _is_given(self, function: Function, parameter: Node, name: str) -> bool:
        """Whether a client that a function is given may be a transaction's."""
        annotation = str(getattr(parameter, "annotation", "")).lower()
        if "transaction" in annotation or annotation in ("tx", "trx"):
            return True
        if not function.name:
            call = next((one for one in self.code.nodes if isinstance(one, Call) and function in one.arguments), None)
            return call is not None and _is_transaction(call.of)
        if name.lower().endswith("pool") or "pool" in annotation or "prismaclient" in annotation:
            return False
        if name in ("this", "self", "cls"):
            return False
        if self.code.language == "python" and "objects" not in name:
            return any(one.startswith("asyncpg") for one in self.code.scopes.modules)
        if "client" in name.lower() or "conn" in name.lower() or "manager" in name.lower():
            return True
        for call in self.code.scopes.callers.get(id(function), []):
            for argument in call.arguments:
                if isinstance(argument, Name) and argument.name.lower() in _TRANSACTION_NAMES:
                    return True
        return False

    def _given_on(self) -> set[int]:
        """The writes of knex that are told whose transaction they are in: ....transacting(trx), before it or after."""
        found: set[int] = set()
        for node in descend(self.code.tree):
            if isinstance(node, Call) and "transacting" in path_of(node.of):
                step: Expression = node
                while isinstance(step, Call | Member):
                    found.add(id(step))
                    step = step.of
        return found

    def _in_lists(self) -> set[int]:
        """The writes in what goes to $transaction under a name: not sent where they stand."""
        found: set[int] = set()
        for node in self.code.nodes:
            if isinstance(node, Call) and path_of(node.of)[-1:] in (("$transaction",), ("batch",), ("transaction",)):
                for argument in node.arguments:
                    for one in descend(argument) if isinstance(argument, Name | Listed | Call) else ():
                        if isinstance(one, Name):
                            _, bindings = self.code.scopes.reaching(one)
                            for binding in bindings:
                                if not isinstance(binding.value, Await | Function):
                                    found |= {id(inner) for inner in descend(binding.value, into_functions=True)}
        return found


def _is_plain_connection(value: Expression) -> bool:
    """with psycopg.connect(...) and with connection: commit at the end of the block."""
    return path_of(value)[-1:] == ("connect",) and path_of(value)[:1] in (("psycopg",), ("psycopg2",))


def _switches_to_autocommit(node: Node) -> bool:
    if isinstance(node, Call):
        return any(
            (key == "autocommit" and not isinstance(value, Text))
            or (key == "isolation_level" and isinstance(value, Text) and value.value.upper() == "AUTOCOMMIT")
            for key, value in node.keywords
        ) or path_of(node.of)[-1:] == ("set_autocommit",)
    return isinstance(node, Assign) and isinstance(node.target, Member) and node.target.name == "autocommit"


def _fix(code: CodeInput, writes: list[_Step]) -> str:
    ask = next(step.ask for step in writes if step.ask is not None)
    client = ".".join(step for step in path_of(ask.client) if step not in ("()", "[]", "?"))
    if code.language == "python":
        if any(one.startswith("django") for one in code.scopes.modules):
            return "with transaction.atomic(): around them"
        if any(one.startswith("asyncpg") for one in code.scopes.modules):
            return f"async with {client or 'connection'}.transaction(): around them, on one connection"
        return f"with {client or 'connection'}.transaction(): around them"
    if ask.means is Means.TEXT:
        return "const client = await pool.connect(), then BEGIN, the writes by client, COMMIT; ROLLBACK where one fails"
    if ask.method.startswith("$") or (ask.means is Means.ORM and ask.model and ask.method not in ("save",)):
        return f"{client or 'prisma'}.$transaction(async (tx) => {{ ... }}) around them, written by tx"
    return f"{client or 'db'}.transaction(async (tx) => {{ ... }}) around them, written by tx"
