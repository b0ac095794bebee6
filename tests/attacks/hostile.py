"""Hostile connections, and the loop that drives them.

An attack is a generator for each of its connections. What it yields is done:
bytes are sent, a number is slept, `READ` waits until something came,
`STOP_READING` and `LEAVE` are what they say, and `Room(n)` waits until the
daemon's window takes n bytes more. The loop answers SETTINGS and PING where a
real client would, unless the attack forbids it.

A connection is cut when the daemon has closed its side: seen by reading, or,
for those that do not read, in the kernel's table of sockets, where a closed
one has no owner any more. Where the daemon may as well end every call and
keep the connection, that counts too.
"""

import collections
import dataclasses
import functools
import re
import selectors
import socket
import time
import typing

import http2
from http2 import ACK, DATA, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE

# Bytes of one call to the kernel.
SEND_BYTES = 64 << 10

STOP_READING = object()
READ = object()
LEAVE = object()


@dataclasses.dataclass(frozen=True)
class Room:
    """Wait until the connection's window takes so many bytes more."""

    octets: int


@dataclasses.dataclass(frozen=True)
class Attack:
    """One way to attack, and what is expected of the daemon."""

    name: str
    what: str
    script: typing.Callable
    # "cut": each connection within the limit. "limited": nothing tells these
    # from honest ones, so they are only kept from costing more than they may.
    expect: str = "cut"
    # After how long a daemon with its own configuration cuts.
    within_seconds: float = 10.0
    connections: int = 1
    # Calls of a connection, if ending them all is as good as cutting it.
    calls: int = 0
    # How often a second a connection that was cut is opened anew.
    reconnects: float = 20
    # Whether SETTINGS and PING are answered, as a real client would.
    answers: bool = True
    receive_buffer: int = 0
    # Of "grpc", "tls" (gRPC behind TLS), "http" and "metrics".
    listener: str = "grpc"
    # Shows within seconds, not at once.
    is_slow: bool = False
    # Cannot share a daemon with other attacks.
    alone: bool = False
    # What it sends is no greeting, so a close without a word is no refusal.
    is_mute: bool = False


# Attacks by patience: seconds show them, and nobody hurries back.
patient = functools.partial(Attack, is_slow=True, reconnects=1)


class Connection:
    """One hostile connection."""

    def __init__(self, attack, address, source):
        self.attack = attack
        self.reads = True
        self.window = 65535
        self.frames = http2.Frames()
        self.unsent = bytearray()
        self.wake = 0.0
        self.waits_for_read = False
        self.room = 0
        self.how = ""
        self.received = 0
        self.ended = set()
        self.opened = time.monotonic()
        # Until the daemon has taken it, a connection is nobody's.
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if attack.receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, attack.receive_buffer)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.bind((source, 0))
        raw.settimeout(5)
        raw.connect(address)
        self.local = raw.getsockname()
        self.socket = raw
        self.socket.setblocking(False)
        self.script = attack.script(self)

    def take(self, received, loop):
        """Does with what came what a client must, and counts it."""
        self.received += len(received)
        self.waits_for_read = False
        if self.attack.listener in ("http", "metrics"):
            for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", received):
                loop.replies[f"HTTP {code.decode()}"] += 1
            return
        for kind, flags, stream, payload in self.frames.feed(received):
            if kind == SETTINGS and not flags & ACK and self.attack.answers:
                self.unsent += http2.SETTINGS_ACK
            elif kind == PING and not flags & ACK and self.attack.answers:
                self.unsent += http2.frame(PING, ACK, 0, payload)
            elif kind == WINDOW_UPDATE and stream == 0:
                self.window += int.from_bytes(payload, "big")
            elif kind == GOAWAY:
                self.how = f"GOAWAY {http2.goaway_words(payload)}"
            elif kind == RST_STREAM:
                self.ended.add(stream)
                code = int.from_bytes(payload, "big")
                loop.replies[f"RST {http2.ERROR_NAMES[min(code, 13)]}"] += 1
            elif kind == HEADERS:
                if flags & END_STREAM:
                    self.ended.add(stream)
                status = http2.grpc_status(payload)
                if status is not None:
                    loop.replies[f"status {status}"] += 1
            elif kind == DATA:
                loop.reply_bytes += len(payload)


class Loop:
    """Drives the connections of one attack for a time."""

    def __init__(self, attack, address, source):
        self.attack, self.address, self.source = attack, address, source
        self.selector = selectors.DefaultSelector()
        self.live = set()
        self.cut_after = []
        self.hows = collections.Counter()
        self.replies = collections.Counter()
        self.reply_bytes = 0
        self.sent_bytes = 0
        self.opened = 0
        self.refused = 0
        self.not_connected = 0
        self.left = 0
        self.reopen_at = []

    def run(self, seconds):
        """Attacks for so long and returns what became of it."""
        begun = time.monotonic()
        end = begun + seconds
        self.reopen_at = [begun] * self.attack.connections
        looked = begun
        while (now := time.monotonic()) < end:
            while self.reopen_at and self.reopen_at[0] <= now:
                self.reopen_at.pop(0)
                self._open()
            for connection in [c for c in self.live if not c.unsent]:
                self._advance(connection, now)
            if now - looked > 0.25:
                looked = now
                self._look_for_owners(now)
            for key, events in self.selector.select(self._patience(now, end)):
                if key.data not in self.live:
                    continue
                if events & selectors.EVENT_READ:
                    self._read(key.data)
                if key.data in self.live and events & selectors.EVENT_WRITE:
                    self._write(key.data)
        now = time.monotonic()
        self._look_for_owners(now)
        ages = [now - connection.opened for connection in self.live]
        for connection in list(self.live):
            self._drop(connection)
        return {
            "attack": self.attack.name,
            "seconds": seconds,
            "opened": self.opened,
            "not_connected": self.not_connected,
            "left": self.left,
            "refused": self.refused,
            "cut": len(self.cut_after),
            "cut_after_max": max(self.cut_after, default=None),
            "open_at_end": len(ages),
            "oldest_open": max(ages, default=None),
            "hows": dict(self.hows.most_common(4)),
            "replies": dict(self.replies.most_common(6)),
            "reply_bytes": self.reply_bytes,
            "sent_bytes": self.sent_bytes,
        }

    def _patience(self, now, end):
        wakes = [c.wake for c in self.live if c.wake > now and not c.unsent] + [end, now + 0.25]
        if self.reopen_at:
            wakes.append(self.reopen_at[0])
        # One that may go on is not kept waiting.
        for c in self.live:
            if not c.unsent and c.wake <= now and not c.waits_for_read and c.window >= c.room:
                return 0
        return max(0.0, min(wakes) - now)

    def _open(self):
        try:
            connection = Connection(self.attack, self.address, self.source)
        except OSError:
            self.not_connected += 1
            self._again()
            return
        self.opened += 1
        self.live.add(connection)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _again(self):
        if self.attack.reconnects:
            self.reopen_at.append(time.monotonic() + 1 / self.attack.reconnects)
            self.reopen_at.sort()

    def _advance(self, connection, now):
        if connection.wake > now or connection.waits_for_read:
            return
        if connection.window < connection.room:
            return
        connection.room = 0
        step = next(connection.script, None)
        if step is None:
            connection.wake = now + 3600
        elif step is STOP_READING:
            connection.reads = False
        elif step is LEAVE:
            self.left += 1
            self._drop(connection)
            self._again()
            return
        elif step is READ:
            connection.waits_for_read = True
        elif isinstance(step, Room):
            connection.room = step.octets
        elif isinstance(step, (int, float)):
            connection.wake = now + step
        else:
            connection.unsent += step
        self._watch(connection)

    def _watch(self, connection):
        events = (selectors.EVENT_READ if connection.reads else 0) | (
            selectors.EVENT_WRITE if connection.unsent else 0
        )
        registered = self.selector.get_map().get(connection.socket)
        if not events:
            if registered:
                self.selector.unregister(connection.socket)
        elif registered:
            if registered.events != events:
                self.selector.modify(connection.socket, events, connection)
        else:
            self.selector.register(connection.socket, events, connection)

    def _read(self, connection):
        try:
            received = connection.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError as error:
            self._cut(connection, connection.how or type(error).__name__)
            return
        if not received:
            self._cut(connection, connection.how or "closed")
            return
        connection.take(received, self)
        if self.attack.calls and len(connection.ended) >= self.attack.calls:
            self._cut(connection, "every call ended")
            return
        self._watch(connection)

    def _write(self, connection):
        try:
            # A little at a time: one call that copies much would keep others
            # from the processor for as long.
            sent = connection.socket.send(memoryview(connection.unsent)[:SEND_BYTES])
        except BlockingIOError:
            return
        except OSError as error:
            # What the daemon said before it closed may still be readable.
            self._last_words(connection)
            self._cut(connection, connection.how or type(error).__name__)
            return
        self.sent_bytes += sent
        del connection.unsent[:sent]
        self._watch(connection)

    def _last_words(self, connection):
        try:
            while received := connection.socket.recv(1 << 16):
                connection.take(received, self)
        except OSError:
            pass

    def _look_for_owners(self, now):
        silent = {c.local: c for c in self.live if not c.reads}
        if not silent:
            return
        owned = set(sockets_with_owner(self.address[1]))
        for local, connection in silent.items():
            if local not in owned:
                self._cut(connection, "closed, unread")

    def _cut(self, connection, how):
        after = time.monotonic() - connection.opened
        if not connection.received and not self.attack.is_mute and after < 0.2:
            self.refused += 1
        self.cut_after.append(after)
        self.hows[how] += 1
        self._drop(connection)
        self._again()

    def _drop(self, connection):
        self.live.discard(connection)
        if self.selector.get_map().get(connection.socket):
            self.selector.unregister(connection.socket)
        # At once, and with a reset: no attack is over before its sockets are.
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.socket.close()


def sockets_with_owner(port):
    """Yields the peers of the sockets on a port that a process still holds."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = open(table).readlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if int(fields[1].rsplit(":", 1)[1], 16) == port and fields[9] != "0":
                host, peer_port = fields[2].rsplit(":", 1)
                yield socket.inet_ntoa(bytes.fromhex(host[-8:])[::-1]), int(peer_port, 16)
