"""How is a program overheard without its noticing?

A listening socket on the loopback hands every connection on to the scratch server, byte for byte, and shows what passes
to a `Listener` through a `Conversation` each, before it is passed on. One thread for all connections; where one side is
slow, the other waits. Costs about a tenth of a millisecond a round trip.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from dataclasses import dataclass, field

from pgmason.traffic.conversation import Conversation, Listener
from pgmason.traffic.wire import Frames

__all__ = ["Proxy"]

_ENCRYPTION = (80877103, 80877104)  # a request that the server answers with one byte, outside of any message
_CHUNK = 1 << 16
_MOST_WAITING = 1 << 22  # bytes kept for a side that does not read


@dataclass(slots=True, eq=False)
class _Side:
    """One socket of a pair, and what waits to be sent on it."""

    socket: socket.socket
    client: bool
    frames: Frames
    link: _Link
    waiting: bytearray = field(default_factory=bytearray)


@dataclass(slots=True, eq=False)
class _Link:
    """A client and its server."""

    conversation: Conversation
    client: _Side = field(init=False)
    server: _Side = field(init=False)
    loose_bytes: int = 0  # answers of one byte that the server still owes
    over: bool = False

    def other(self, side: _Side) -> _Side:
        return self.server if side.client else self.client


class Proxy:
    """A listening proxy; `port` is where programs connect, on the loopback. Close it when they are done."""

    def __init__(self, server_port: int, listener: Listener) -> None:
        self.listener = listener
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread: threading.Thread | None = None
        self._closing = False

    def serve(self) -> None:
        """Pass on from now on, in a thread; connections made before that wait."""
        self._thread = threading.Thread(target=self._run, name="pgmason proxy", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End every connection and the thread."""
        self._closing = True
        self._wake.send(b"x")
        if self._thread is not None:
            self._thread.join(timeout=10)
        for one in (self._listening, self._wake, self._woken):
            one.close()
        self._selector.close()

    def _run(self) -> None:
        links: set[_Link] = set()
        while not self._closing:
            for key, events in self._selector.select():
                if key.fileobj is self._listening:
                    with contextlib.suppress(OSError):
                        links.add(self._accept())
                elif key.fileobj is not self._woken:
                    side: _Side = key.data
                    if events & selectors.EVENT_WRITE and not side.link.over:
                        self._send(side)
                    if events & selectors.EVENT_READ and not side.link.over:
                        self._receive(side)
                    if side.link.over:
                        links.discard(side.link)
        for link in list(links):
            self._end(link)

    def _accept(self) -> _Link:
        client, _ = self._listening.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self._server_port), timeout=10)
        except OSError:
            client.close()
            raise
        link = _Link(Conversation(self.listener))
        link.client = _Side(client, True, Frames(first=True), link)
        link.server = _Side(server, False, Frames(first=False), link)
        for side in (link.client, link.server):
            side.socket.setblocking(False)
            side.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(side.socket, selectors.EVENT_READ, side)
        return link

    def _receive(self, side: _Side) -> None:
        try:
            data = side.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end(side.link)
            return
        self._overhear(side, data)
        other = side.link.other(side)
        other.waiting += data
        self._send(other)

    def _overhear(self, side: _Side, data: bytes) -> None:
        link = side.link
        if not side.client and link.loose_bytes:
            step = min(link.loose_bytes, len(data))
            link.loose_bytes -= step
            data = data[step:]
        for kind, body in side.frames.feed(data):
            if not side.client:
                link.conversation.from_server(kind, body)
                continue
            if kind == "" and len(body) >= 4 and struct.unpack_from("!i", body)[0] in _ENCRYPTION:
                link.loose_bytes += 1
            link.conversation.from_client(kind, body)

    def _send(self, side: _Side) -> None:
        with contextlib.suppress(BlockingIOError):
            try:
                while side.waiting:
                    del side.waiting[: side.socket.send(side.waiting)]
            except BlockingIOError:
                pass
            except OSError:
                self._end(side.link)
                return
        self._register(side)
        self._register(side.link.other(side))

    def _register(self, side: _Side) -> None:
        """Listen for what can be done: reading, unless the other side has too much waiting; writing, if any."""
        if side.link.over:
            return
        events = selectors.EVENT_READ if len(side.link.other(side).waiting) < _MOST_WAITING else 0
        events |= selectors.EVENT_WRITE if side.waiting else 0
        key = self._selector.get_map().get(side.socket)
        if key is None:
            if events:
                self._selector.register(side.socket, events, side)
        elif not events:
            self._selector.unregister(side.socket)
        elif key.events != events:
            self._selector.modify(side.socket, events, side)

    def _end(self, link: _Link) -> None:
        if link.over:
            return
        link.over = True
        link.conversation.closed()
        for side in (link.client, link.server):
            if side.waiting:  # the last words of a server that refuses
                with contextlib.suppress(OSError):
                    side.socket.setblocking(True)
                    side.socket.settimeout(1)
                    side.socket.sendall(side.waiting)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(side.socket)
            side.socket.close()
