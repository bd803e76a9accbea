"""One JSON answer of an HTTP API: asked politely, again where that may help, and never mistaken for something else.

429 and 5xx and broken connections are tried again with growing pauses, or after what `Retry-After` says. Any other
status, and an answer that is no JSON (a proxy's error page, say), is told. Headers go to one origin only: neither a
redirect nor a `next` elsewhere gets them. Standard library alone.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pgmason.errors import WrongUse
from pgmason.names import without_password
from pgmason.pipelines.extract.faults import SourceUnreachable, SourceUnreadable

__all__ = ["Answer", "Asker"]

_LONGEST = 256 << 20  # bytes of one answer
_LONGEST_PAUSE_S = 60.0
_AGAIN = (429, 500, 502, 503, 504)


class Answer(NamedTuple):
    """What was answered. `document` None: nothing has changed since the tag (304)."""

    document: Any
    tag: str | None
    links: Mapping[str, str]  # rel -> URL, of the header Link (RFC 8288)


@dataclass(slots=True)
class Asker:
    """Asks one origin. `headers` may have `env:NAME` as values; `per_second` bounds how often it asks."""

    headers: Mapping[str, str]
    retries: int
    timeout_s: float
    per_second: float | None
    _last: float = field(default=0.0)
    _origin: tuple[str, str] | None = field(default=None)

    def ask(self, url: str, *, tag: str | None = None) -> Answer:
        """The answer of a GET. Raises SourceUnreachable after the last try, SourceUnreadable for what no try mends."""
        import http.client
        import urllib.error
        import urllib.request

        self._same_origin(url)
        headers = {"Accept": "application/json", "User-Agent": "pgmason", **self._headers()}
        if tag is not None:
            headers["If-None-Match"] = tag
        opener = urllib.request.build_opener(_no_elsewhere())
        failure = ""
        for attempt in range(self.retries + 1):
            self._pace()
            pause = min(_LONGEST_PAUSE_S, 0.5 * 2**attempt) * (0.5 + random.random() / 2)  # noqa: S311  # no secret
            try:
                request = urllib.request.Request(url, headers=headers)  # noqa: S310  # http and https alone, see _same_origin
                with opener.open(request, timeout=self.timeout_s) as answer:
                    return _answer(answer, url)
            except urllib.error.HTTPError as exc:
                with exc:
                    if exc.code == 304:
                        return Answer(None, tag, {})
                    failure = f"answered {exc.code} {exc.reason}"
                    if exc.code not in _AGAIN:
                        raise SourceUnreadable(failure, where=_shown(url), fix=_advice(exc.code)) from exc
                    pause = _retry_after(exc.headers.get("Retry-After")) or pause
            except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as exc:
                failure = f"did not answer: {getattr(exc, 'reason', None) or exc or type(exc).__name__}"
            if attempt < self.retries:
                time.sleep(pause)
        raise SourceUnreachable(f"{failure}, {self.retries + 1} times", where=_shown(url))

    def _headers(self) -> dict[str, str]:
        made = {}
        for name, value in self.headers.items():
            if "env:" in value:
                before, _, variable = value.partition("env:")
                secret = os.environ.get(variable)
                if not secret:
                    raise WrongUse(f"{variable} is not set, and the header {name} needs it")
                made[name] = before + secret
            else:
                made[name] = value
        return made

    def _same_origin(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise WrongUse("is no http or https URL", where=_shown(url))
        origin = (parts.scheme, parts.netloc)
        if self._origin is None:
            self._origin = origin
        elif origin != self._origin:
            raise SourceUnreadable(f"the next page is at another place: {parts.netloc}", where=self._origin[1])

    def _pace(self) -> None:
        if self.per_second:
            wait = self._last + 1 / self.per_second - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        self._last = time.monotonic()


def _no_elsewhere() -> Any:
    """Follows redirects within one origin alone."""
    import urllib.request

    class NoElsewhere(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
            old, new = urlsplit(req.full_url), urlsplit(newurl)
            if (old.scheme, old.netloc) != (new.scheme, new.netloc):
                raise SourceUnreadable(f"redirects to another place: {new.netloc}", where=_shown(req.full_url))
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    return NoElsewhere()


def _answer(answer: Any, url: str) -> Answer:
    body = answer.read(_LONGEST + 1)
    if len(body) > _LONGEST:
        raise SourceUnreadable("answered more than 256 MB at once", where=_shown(url), fix="ask for smaller pages")
    kind = answer.headers.get_content_type()
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        what = "JSON that ends or breaks in the middle" if "json" in kind else f"{kind}, which is no JSON"
        raise SourceUnreadable(f"answered {answer.status} with {what}", where=_shown(url)) from exc
    return Answer(document, answer.headers.get("ETag"), _links(answer.headers.get_all("Link") or []))


def _links(headers: list[str]) -> dict[str, str]:
    found = {}
    for part in ",".join(headers).split(","):
        target, _, parameters = part.partition(";")
        for parameter in parameters.split(";"):
            name, _, value = parameter.strip().partition("=")
            if name.lower() == "rel" and target.strip().startswith("<"):
                for rel in value.strip('"').split():
                    found[rel.lower()] = target.strip()[1:-1]
    return found


def _retry_after(header: str | None) -> float | None:
    """Seconds to wait: a number of them, or until a date (RFC 9110, 10.2.3); never more than a minute."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE_S)


def _advice(status: int) -> str | None:
    return {401: 'say who asks: headers={"Authorization": "Bearer env:NAME"}', 404: "look at the URL"}.get(status)


def _shown(url: str) -> str:
    """A URL without its query, which may hold a secret."""
    return without_password(url.partition("?")[0])
