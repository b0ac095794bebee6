"""The honest client: what a withdrawal sees while an attack runs.

Open loop: calls are due at fixed times, whatever became of those before, and
each is timed from when it was due. A daemon (or a client) that stalls is
charged for every call that had to wait, so nothing is omitted.

Runs as a process of its own. It prints a line when it is connected, then obeys
lines on standard input: `measure SECONDS` answers with one line of JSON, and
the end of the input ends it. Between measurements the load goes on.
"""

import argparse
import collections
import gc
import itertools
import json
import select
import socket
import ssl
import struct
import time

import http2
from http2 import ACK, DATA, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS

# Waiting longer than this is an error: a withdrawal has given up.
PATIENCE_SECONDS = 10.0
OUTSTANDING_MAX = 90
CANARIES_PER_SECOND = 20
NOT_LISTED, LISTED = 2, 1


class Measured:
    """What one stretch of time has shown."""

    def __init__(self):
        self.latencies = []
        self.canaries = []
        self.errors = collections.Counter()

    def report(self, seconds):
        def at(values, part):
            return values[min(len(values) - 1, int(len(values) * part))] * 1e3 if values else None

        calls, canaries = sorted(self.latencies), sorted(self.canaries)
        return {
            "calls": len(calls),
            "calls_per_second": round((len(calls) + len(canaries)) / seconds),
            "p50_ms": at(calls, 0.50),
            "p99_ms": at(calls, 0.99),
            "max_ms": at(calls, 1.0),
            "listed_p99_ms": at(canaries, 0.99),
            "listed": len(canaries),
            "errors": sum(self.errors.values()),
            "error_words": dict(self.errors),
        }


class Connection:
    """One connection, as a gRPC client would keep it."""

    def __init__(self, address, tls):
        self.address, self.tls = address, tls
        self.connect()

    def connect(self):
        """Makes the connection, or makes it anew."""
        self.socket = socket.create_connection(self.address, timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            self.socket = self.tls.wrap_socket(self.socket, server_hostname="localhost")
        big = (1 << 30) - 65535
        self.socket.sendall(
            http2.hello(initial_window=1 << 20)
            + http2.window_update(0, big)
        )
        self.socket.settimeout(0)
        self.frames = http2.Frames()
        self.due = {}
        self.answers = {}
        self.stream = 1
        self.unsent = b""
        self.received = 0
        self.draining = False

    def ask(self, due, request, expected):
        """Makes the call that was due at that time."""
        headers, message = request
        stream = self.stream
        self.stream += 2
        self.due[stream] = (due, expected)
        self.unsent += b"".join(
            (
                struct.pack("!BHBBL", 0, len(headers), HEADERS, 4, stream),
                headers,
                struct.pack("!BHBBL", 0, len(message), DATA, END_STREAM, stream),
                message,
            )
        )

    def flush(self):
        """Sends what the socket takes."""
        if self.unsent:
            try:
                sent = self.socket.send(self.unsent)
            except (BlockingIOError, ssl.SSLWantWriteError):
                return
            self.unsent = self.unsent[sent:]

    def read(self, measured):
        """Takes what has come. Raises ConnectionError if that is the end."""
        try:
            received = self.socket.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        if not received:
            raise ConnectionError("closed")
        now = time.monotonic()
        self.received += len(received)
        if self.received > 1 << 28:
            self.unsent += http2.window_update(0, self.received)
            self.received = 0
        for kind, flags, stream, payload in self.frames.feed(received):
            if kind == DATA:
                self.answers[stream] = self.answers.get(stream, b"") + payload
            elif kind == HEADERS and flags & END_STREAM:
                self._answered(stream, payload, now, measured)
            elif kind == RST_STREAM:
                if self.due.pop(stream, None):
                    code = int.from_bytes(payload, "big")
                    measured.errors[f"reset: {http2.ERROR_NAMES[code]}"] += 1
            elif kind == PING and not flags & ACK:
                self.unsent += http2.frame(PING, ACK, 0, payload)
            elif kind == SETTINGS and not flags & ACK:
                self.unsent += http2.SETTINGS_ACK
            elif kind == GOAWAY:
                if payload[4:8] != b"\0\0\0\0":
                    measured.errors[f"goaway: {http2.goaway_words(payload)}"] += 1
                # A graceful end: what is under way is answered, and new calls
                # go to a connection of their own.
                self.draining = True

    def _answered(self, stream, trailers, now, measured):
        due, expected = self.due.pop(stream, (None, None))
        answer = self.answers.pop(stream, b"")
        if due is None:
            return
        status = http2.grpc_status(trailers)
        if status != 0:
            measured.errors[f"status {status}"] += 1
        elif http2.verdict(answer) != expected:
            measured.errors[f"verdict {http2.verdict(answer)} in place of {expected}"] += 1
        elif expected == LISTED:
            measured.canaries.append(now - due)
        else:
            measured.latencies.append(now - due)


class Honest:
    """Several connections, and the calls that are due on them."""

    def __init__(self, options):
        context = None
        if options.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
        host, port = options.target.rsplit(":", 1)
        headers = http2.request_headers(http2.UNARY)

        def request(address):
            return headers, http2.grpc(http2.screen(address))

        # Different addresses that nobody lists, and one that is listed.
        self.requests = itertools.cycle(
            [request(f"0x{number:032x}deadc0de") for number in range(1000)]
        )
        self.canary = request(http2.LISTED_ADDRESS)
        self.rate = options.rate
        self.connections = [
            Connection((host, int(port)), context) for _ in range(options.connections)
        ]
        self.backlog = collections.deque()
        self.measured = Measured()
        self.commands = open(0, "rb", buffering=0)
        self.begun, self.made, self.canaries = time.monotonic(), 0, 0

    def run(self):
        """Keeps the load up until the input ends."""
        print("ready", flush=True)
        until, seconds = None, 0.0
        swept = time.monotonic()
        while True:
            now = time.monotonic()
            if now - swept > 1:
                self._give_up(now)
                swept = now
            if until and now >= until:
                self._give_up(now)
                print(json.dumps(self.measured.report(seconds)), flush=True)
                self.measured, until = Measured(), None
            due = self._ask_what_is_due(now)
            # A few calls together: waking for each would make this client the
            # bottleneck at high rates.
            words = self._wait(max(0.0005, due - time.monotonic()))
            if words == []:
                return
            if words:
                seconds = float(words[1])
                self.measured, until = Measured(), time.monotonic() + seconds

    def _ask_what_is_due(self, now):
        """Returns when the next call is."""
        while (due := self.begun + self.made / self.rate) <= now:
            self.backlog.append((due, False))
            self.made += 1
        while (canary := self.begun + self.canaries / CANARIES_PER_SECOND) <= now:
            self.backlog.append((canary, True))
            self.canaries += 1
        self._send()
        return due

    def _wait(self, seconds):
        """Takes answers for so long; returns the words of a command."""
        sockets = {connection.socket: connection for connection in self.connections}
        writing = [connection.socket for connection in self.connections if connection.unsent]
        readable, _, _ = select.select([*sockets, 0], writing, [], seconds)
        for one in readable:
            if one != 0:
                self._read(sockets[one])
        return self.commands.readline().split() if 0 in readable else None

    def _send(self):
        for connection in list(self.connections):
            if connection.draining and not connection.due:
                self._reconnect(connection, "")
        usable = [
            c for c in self.connections if len(c.due) < OUTSTANDING_MAX and not c.draining
        ]
        turn = 0
        while self.backlog and usable:
            due, is_canary = self.backlog.popleft()
            connection = usable[turn % len(usable)]
            turn += 1
            request = self.canary if is_canary else next(self.requests)
            connection.ask(due, request, LISTED if is_canary else NOT_LISTED)
            if len(connection.due) >= OUTSTANDING_MAX:
                usable.remove(connection)
        for connection in self.connections:
            try:
                connection.flush()
            except OSError as error:
                self._reconnect(connection, type(error).__name__)

    def _read(self, connection):
        try:
            connection.read(self.measured)
        except OSError as error:
            if connection.draining and not connection.due:
                self._reconnect(connection, "")
            else:
                self._reconnect(connection, str(error) or type(error).__name__)

    def _reconnect(self, connection, why):
        lost = len(connection.due)
        if why:
            self.measured.errors[f"connection lost: {why}"] += max(1, lost)
        connection.socket.close()
        try:
            connection.connect()
        except OSError as error:
            self.measured.errors[f"cannot connect: {error}"] += 1
            self.connections.remove(connection)
            if not self.connections:
                raise SystemExit("the honest client has no connection left") from error

    def _give_up(self, now):
        """Counts what has waited too long, whether asked or not."""
        for connection in self.connections:
            late = [s for s, (due, _) in connection.due.items() if now - due > PATIENCE_SECONDS]
            for stream in late:
                del connection.due[stream]
                self.measured.errors["no answer"] += 1
        while self.backlog and now - self.backlog[0][0] > PATIENCE_SECONDS:
            self.backlog.popleft()
            self.measured.errors["could not be asked"] += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    client = Honest(options)
    # The client's own pauses must not be charged to the daemon.
    gc.collect()
    gc.freeze()
    gc.disable()
    client.run()


if __name__ == "__main__":
    main()
