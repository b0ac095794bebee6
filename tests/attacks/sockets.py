"""Attacks by sockets: too many, too stalled, and of another protocol."""

import functools
import ssl

import http2
from hostile import LEAVE, READ, STOP_READING, Attack, patient

REQUEST = b"POST /v1/screenings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def silent(connection):
    yield 3600


def hello(connection):
    yield http2.hello()
    yield 3600


def churn(connection):
    """A connection is opened, used for its greeting, and left."""
    yield http2.hello()
    yield 0.01
    yield LEAVE


def http1(connection):
    while True:
        yield b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        yield 0.1


def garbage(connection):
    while True:
        yield b"\xff" * 65536


@functools.cache
def client_hello():
    """Returns the first bytes of a TLS client."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def half_client_hello(connection):
    yield client_hello()[:100]
    yield 3600


def slow_client_hello(connection):
    for byte in client_hello():
        yield bytes([byte])
        yield 1


def repeated_client_hello(connection):
    """Has the daemon sign its answer, and leaves. The same bytes will do."""
    yield client_hello()
    yield READ
    yield LEAVE


def slowloris(connection):
    """A header every second, and never the last."""
    yield REQUEST
    while True:
        yield 1
        yield b"X-A: b\r\n"


def many_headers(connection):
    yield REQUEST
    while True:
        yield b"X-A: b\r\n" * 1000


def slow_http_body(connection):
    yield REQUEST + b"Content-Length: 60000\r\n\r\n"
    while True:
        yield b" "
        yield 1


def unfinished_http_body(connection):
    """A mebibyte less a byte of a batch."""
    yield REQUEST + b"Content-Length: 1048576\r\n\r\n" + b" " * 1048575
    yield 3600


def declared_http_body(connection):
    """A body far over the limit, declared and then sent."""
    yield REQUEST + b"Content-Length: 1000000000\r\n\r\n"
    while True:
        yield b" " * 65536


def chunked_http_body(connection):
    """A body without a length that never ends."""
    yield REQUEST + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b" " * 65536 + b"\r\n"


def unread(path):
    """Asks again and again and takes nothing out of the socket."""

    def script(connection):
        yield STOP_READING
        while True:
            yield f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 100

    return script


def unread_batches(connection):
    """The same with a thousand listed addresses each time."""
    query = f'{{"address":"{http2.LISTED_ADDRESS}"}}'
    body = f'{{"queries":[{",".join([query] * 1000)}]}}'.encode()
    yield STOP_READING
    while True:
        yield REQUEST + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


ATTACKS = [
    Attack("connection-flood", "5,000 connections of one peer, held", hello, connections=5000,
           expect="limited", reconnects=0),
    Attack("connection-churn", "connections opened and left, 500 a second", churn,
           connections=20, reconnects=25, expect="limited"),
    Attack("no-files", "500 connections at a daemon that may open 24 files more", hello,
           connections=500, reconnects=5, expect="limited", alone=True),
    Attack("http1-on-grpc", "HTTP/1.1 on the gRPC port", http1, connections=10, reconnects=5),
    Attack("garbage", "64 KiB of nothing on the gRPC port", garbage, connections=10, reconnects=5),
    patient("tls-stall", "300 handshakes that stop within the ClientHello", half_client_hello,
            connections=300, listener="tls", is_mute=True, within_seconds=6.0),
    patient("tls-slow", "100 ClientHellos, a byte a second", slow_client_hello, connections=100,
            listener="tls", is_mute=True, within_seconds=6.0),
    patient("tls-silent", "300 sockets that say nothing where TLS is spoken", silent,
            connections=300, listener="tls", is_mute=True, within_seconds=6.0),
    Attack("tls-handshakes", "handshakes begun and left, 1,000 a second", repeated_client_hello,
           connections=50, listener="tls", expect="limited", is_mute=True),
    patient("http-silent", "300 sockets that say nothing on the HTTP port", silent,
            connections=300, listener="http", is_mute=True, within_seconds=6.0),
    patient("http-slowloris", "100 requests, a header a second", slowloris, connections=100,
            listener="http", is_mute=True, within_seconds=6.0),
    Attack("http-headers", "headers without end", many_headers, connections=4, listener="http"),
    patient("http-slow-body", "100 bodies, a byte a second", slow_http_body, connections=100,
            listener="http", is_mute=True),
    patient("http-unfinished-bodies", "200 bodies of a mebibyte less a byte",
            unfinished_http_body, connections=200, listener="http", is_mute=True),
    Attack("http-body-declared", "bodies that declare a gigabyte and send it",
           declared_http_body, connections=4, listener="http"),
    Attack("http-body-chunked", "bodies without length or end", chunked_http_body,
           connections=4, listener="http"),
    patient("http-unread", "answers that are never read", unread("/v1/openapi.json"),
            connections=4, receive_buffer=4096, listener="http"),
    patient("http-unread-batches", "20 × batches of 1,000 listed addresses, never read",
            unread_batches, connections=20, receive_buffer=4096, listener="http",
            expect="limited"),
    patient("metrics-silent", "300 sockets that say nothing on the metrics port", silent,
            connections=300, listener="metrics", is_mute=True, within_seconds=6.0),
    patient("metrics-unread", "metrics that are never read", unread("/metrics"),
            connections=4, receive_buffer=4096, listener="metrics"),
]  # fmt: skip
