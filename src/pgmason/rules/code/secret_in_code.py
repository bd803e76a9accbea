"""A password that stands in the code is known to everyone who ever had a copy of it.

It is in the history when it has left the file, in each clone, each image and each log of a build, and it cannot be
changed without a release. What is configured at run time can be.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from pgmason.application.model import Assign, Call, Expression, Joined, Node, Record, Text, path_of
from pgmason.findings import Finding, Severity
from pgmason.rules.code_rule import CodeInput, CodeRule

__all__ = ["SecretInCode"]

_SCHEMES = {
    "postgres", "postgresql", "mysql", "mongodb", "mongodb+srv", "redis", "rediss", "amqp", "amqps", "prisma",
    "postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg", "postgresql+pg8000",
}  # fmt: skip
_LOCAL = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal"}  # noqa: S104  compared, never bound
_PLACEHOLDERS = re.compile(
    r"^(|x+|\*+|\.+|pass(word)?|secret|changeme|change[_-]me|example|your[_-].*|my[_-]?(password|secret)|<.*>|\$.*"
    r"|\{.*\}|%.*|todo|dummy|test|user|pw|pwd|placeholder|redacted|none|null|undefined)$",
    re.IGNORECASE,
)
# what is issued by others has a shape of its own
_KEYS = (
    ("an AWS access key", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a Stripe key", re.compile(r"\b[sr]k_live_[0-9A-Za-z]{16,}")),
    ("a GitHub token", re.compile(r"\b(gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{20,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("an OpenAI or Anthropic key", re.compile(r"\bsk-(proj-|ant-)?[0-9A-Za-z_-]{32,}")),
    ("a SendGrid key", re.compile(r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}")),
    ("a Neon or Supabase key", re.compile(r"\b(napi_[0-9a-z]{40,}|sbp_[0-9a-f]{40}|sb_secret_[0-9A-Za-z_-]{20,})")),
    ("a private key", re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/=]")),
)
_JWT = re.compile(r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{20,}")
_SECRET_NAMES = ("password", "passwd", "secret", "apikey", "privatekey", "accesskey", "encryptionkey", "signingkey",
                 "secretkey", "token", "servicerolekey", "masterkey", "jwtkey")  # fmt: skip
_PASSWORD_NAMES = ("password", "passwd", "pgpassword")
_RANDOM = re.compile(r"^[0-9A-Za-z+/=_.!@#%^&*-]+$")


class SecretInCode(CodeRule):
    severity = Severity.LOSS
    title = "A connection string with a password, or a key, stands in the code."
    effect = "Whoever has the code has the data, and changing the password takes a release."
    bad = """\
import { Pool } from "pg";
export const pool = new Pool({
  connectionString: "postgres://app:Wq7xT2mN@db.shop.example/shop",
});
"""
    good = """\
import { Pool } from "pg";
export const pool = new Pool({ connectionString: process.env.DATABASE_URL });
"""
    cannot_see = (
        "Secrets of no known shape under a name that does not say so; settings files, tests and the history of the"
        " repository. Passwords of databases on this machine, and words that stand in for one, are left alone."
    )
    brief = "Sensitive data identified and encrypted (PII, passwords, tokens)."

    def check(self, code: CodeInput) -> Iterator[Finding]:
        """The texts that are secrets. What they are is said, never their value."""
        told: set[int] = set()
        for node in code.nodes:
            for text, what, name in _secrets(node):
                if id(text) not in told:
                    told.add(id(text))
                    named = f" ({name})" if name else ""
                    yield self.finding(
                        code,
                        text,
                        message=f"{what}{named} stands in the code",
                        fix="read it from the environment or a secret store, and change it: it is known",
                        detail=f"{what} {name}",
                    )


def _secrets(node: Node) -> Iterator[tuple[Expression, str, str]]:
    """(the text, what it is, the name it has) for what is a secret by its shape or its name."""
    if isinstance(node, Assign) and isinstance(node.value, Text | Joined):
        name = node.names[0] if len(node.names) == 1 else node.member
        if node.target is not None and not name:
            name = path_of(node.target)[-1]
        yield from _named(name, node.value)
    elif isinstance(node, Record):
        host = node.get("host")
        local = isinstance(host, Text) and _is_local(host.value)
        for key, value in node.entries:
            if not (local and key and _plain(key) in _PASSWORD_NAMES):
                yield from _named(key or "", value)
    elif isinstance(node, Call):
        named = dict(node.keywords)
        host = named.get("host")
        local = isinstance(host, Text) and _is_local(host.value)
        for key, value in node.keywords:
            if not (local and _plain(key) in _PASSWORD_NAMES):
                yield from _named(key, value)
    if isinstance(node, Text):
        what = _by_shape(node.value)
        if what:
            yield node, what, ""
    elif isinstance(node, Joined):
        first = node.parts[0] if node.parts else None
        if isinstance(first, Text) and _whole_password(first.value):
            yield first, "a connection string with a password", ""


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _named(name: str, value: Expression) -> Iterator[tuple[Expression, str, str]]:
    if not isinstance(value, Text):
        return
    plain, text = _plain(name), value.value
    if plain in _PASSWORD_NAMES or plain.endswith(("dbpassword", "databasepassword", "pgpassword")):
        looks = len(text) >= 6 and not _PLACEHOLDERS.match(text) and " " not in text and _varied(text, 2.2)
        if looks and not text.isalpha():
            yield value, "a password", name
    elif plain.endswith(_SECRET_NAMES) and len(text) >= 20 and _RANDOM.match(text) and _is_random(text):
        yield value, "a key", name


def _is_random(text: str) -> bool:
    """Whether a text is drawn and not written: letters and digits without words."""
    return any(char.isdigit() for char in text) and any(char.isalpha() for char in text) and _varied(text, 3.3)


def _varied(text: str, bits: float) -> bool:
    """Whether each character says at least so many bits."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) >= bits


def _by_shape(text: str) -> str:
    if _whole_password(text):
        return "a connection string with a password"
    for what, shape in _KEYS:
        if shape.search(text):
            return what
    return "a signed token" if _JWT.search(text) else ""


def _whole_password(text: str) -> bool:
    """Whether a text is an address with a password that is written out, of a server that is not this machine."""
    at = text.find("://")
    start = at
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "+."):
        start -= 1
    if at <= 0 or text[start:at].lower() not in _SCHEMES:
        return False
    words = text[start:].split()
    try:
        address = urlsplit(words[0])
        password, host = address.password, address.hostname or ""
    except ValueError:
        return False
    if not password or _PLACEHOLDERS.match(password) or password == address.username:
        return False
    return bool(host) and not _is_local(host) and host.lower() not in ("host", "hostname", "example.com")


def _is_local(host: str) -> bool:
    """Whether a host is this machine, or a container beside it: a name without a dot."""
    return host in _LOCAL or "." not in host
