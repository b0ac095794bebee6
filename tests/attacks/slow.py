"""Attacks by patience: what is never finished, never read, never said."""

import http2
from floods import sent_in_window
from hostile import READ, STOP_READING, Room, patient
from http2 import DATA, END_HEADERS, HEADERS, PING

LISTED_BATCH = http2.screen_all([http2.LISTED_ADDRESS] * 1000)
CALLS = 200


def no_preface(connection):
    yield 3600


def slow_preface(connection):
    for byte in http2.PREFACE:
        yield bytes([byte])
        yield 1


def idle(connection):
    """Says hello and nothing else, not even to pings."""
    yield http2.hello()
    yield 3600


def half_frame(connection):
    yield http2.hello()
    yield http2.frame(HEADERS, END_HEADERS, 1, http2.request_headers(http2.UNARY))[:20]
    yield 3600


def slow_frames(connection):
    """A frame's header, a byte a second."""
    yield http2.hello()
    for byte in http2.opened(http2.UNARY, 1):
        yield bytes([byte])
        yield 1


def half_header_block(connection):
    """Headers without their end: no other frame may come, not even a PING."""
    yield http2.hello()
    yield http2.frame(HEADERS, 0, 1, http2.request_headers(http2.UNARY))
    yield 3600


def bodies_never_sent(connection):
    yield http2.hello()
    yield b"".join(http2.opened(http2.UNARY, s) for s in range(1, 2 * CALLS, 2))
    yield 3600


def slow_bodies(connection):
    """A byte a second for each of two hundred calls."""
    calls = range(1, 2 * CALLS, 2)
    yield http2.hello()
    yield b"".join(http2.opened(http2.BATCH, s) for s in calls)
    yield b"".join(http2.frame(DATA, 0, s, b"\0\0\0\xff\xff") for s in calls)
    while True:
        yield 1
        yield b"".join(http2.frame(DATA, 0, s, b"\n") for s in calls)


def unfinished_bodies(connection):
    """Nearly a mebibyte for each of two hundred calls, and never the last byte."""
    body = http2.grpc(b"\n\0" * (1 << 19))[:-1]
    yield http2.hello()
    yield READ
    for stream in range(1, 2 * CALLS, 2):
        yield http2.opened(http2.BATCH, stream)
        yield from in_frames(connection, stream, body)
    yield 3600


def slow_rescreens(connection):
    """Rescreens that begin and never go on."""
    calls = range(1, 2 * CALLS, 2)
    header = http2.grpc(http2.rescreen_header())
    yield http2.hello()
    yield b"".join(
        http2.opened(http2.RESCREEN, s) + http2.frame(DATA, 0, s, header) for s in calls
    )
    yield 3600


def health_watchers(connection):
    """What anybody may call, and what never ends."""
    yield http2.hello()
    yield b"".join(http2.call(http2.HEALTH_WATCH, b"", s) for s in range(1, 2 * CALLS, 2))
    yield 3600


def unread_reflection(connection):
    """As anybody may: asks for the largest description and takes none of it."""
    ask = http2.grpc(http2.file_of("interdict.v1.ScreeningService"))
    yield http2.hello(initial_window=0)
    yield READ
    for stream in range(1, 2 * CALLS, 2):
        yield http2.opened(http2.REFLECTION, stream)
        yield http2.frame(DATA, 0, stream, ask * 20)
    yield 3600


def large_replies(connection, window):
    yield http2.hello(initial_window=window) + http2.window_update(0, 1 << 30)
    yield READ
    for stream in range(1, 2 * CALLS, 2):
        yield from sent_in_window(connection, http2.BATCH, LISTED_BATCH, stream)


def unread_socket(connection):
    """Opens every window, and takes nothing out of the socket."""
    yield from large_replies(connection, 1 << 30)
    yield STOP_READING
    yield 3600


def closed_window(connection):
    """Reads, answers pings, and never lets a byte of an answer come."""
    yield from large_replies(connection, 0)
    yield 3600


def trickling_window(connection):
    """As above, but two bytes a second for each answer."""
    yield from large_replies(connection, 0)
    while True:
        yield 0.5
        yield b"".join(http2.window_update(s, 1) for s in range(1, 2 * CALLS, 2))


def unread_rescreens(connection):
    """Rescreens of listed addresses whose outcomes nobody takes."""
    yield http2.hello(initial_window=0) + http2.window_update(0, 1 << 30)
    yield READ
    header = http2.grpc(http2.rescreen_header())
    chunk = http2.grpc(http2.rescreen_chunk([http2.LISTED_ADDRESS] * 10_000))
    for stream in range(1, 2 * CALLS, 2):
        yield http2.opened(http2.RESCREEN, stream) + http2.frame(DATA, 0, stream, header)
        yield from in_frames(connection, stream, chunk)
    yield 3600


def in_frames(connection, stream, body):
    for at in range(0, len(body), 16384):
        part = body[at : at + 16384]
        yield Room(len(part))
        connection.window -= len(part)
        yield http2.frame(DATA, 0, stream, part)


def unread_pongs(connection):
    """Pings whose answers are never read."""
    yield http2.hello()
    yield STOP_READING
    while True:
        yield http2.frame(PING, 0, 0, b"attacked") * 1000


ATTACKS = [
    patient("no-preface", "300 sockets that say nothing", no_preface, connections=300,
            answers=False, is_mute=True, within_seconds=6.0),
    patient("slow-preface", "100 prefaces, a byte a second", slow_preface, connections=100,
            answers=False, is_mute=True, within_seconds=6.0),
    patient("idle", "300 connections that say hello and nothing more", idle, connections=300,
            answers=False),
    patient("half-frame", "100 connections that stop within a frame", half_frame, connections=100,
            answers=False, within_seconds=6.0),
    patient("slow-frames", "100 connections that send a frame a byte a second", slow_frames,
            connections=100, answers=False, within_seconds=6.0),
    patient("half-headers", "100 connections that stop within a header block", half_header_block,
            connections=100, answers=False, within_seconds=6.0),
    patient("bodies-never-sent", "20 × 200 calls whose body never comes", bodies_never_sent,
            calls=CALLS, connections=20),
    patient("slow-bodies", "5 × 200 bodies, a byte a second each", slow_bodies, calls=CALLS,
            connections=5),
    patient("unfinished-bodies", "5 × 200 bodies of a mebibyte less a byte", unfinished_bodies,
            calls=CALLS, connections=5),
    patient("slow-rescreens", "5 × 200 rescreens that never go on", slow_rescreens, calls=CALLS,
            connections=5, within_seconds=60.0),
    patient("unread-socket", "200 batches of 1,000 listed addresses, the socket never read",
            unread_socket, receive_buffer=4096, answers=False),
    patient("closed-window", "200 batches of 1,000 listed addresses, the window never opened",
            closed_window, calls=CALLS),
    patient("trickling-window", "the same, the windows opened by two bytes a second",
            trickling_window, calls=CALLS),
    patient("unread-rescreens", "200 rescreens of 10,000 listed addresses, never read",
            unread_rescreens, calls=CALLS),
    patient("unread-reflection", "5 × 200 descriptions of the services, never read",
            unread_reflection, calls=CALLS, connections=5),
    patient("health-watchers", "10 × 200 watchers of the health, which needs no role",
            health_watchers, connections=10, expect="limited"),
    patient("unread-pongs", "pings whose answers are never read", unread_pongs,
            receive_buffer=4096, answers=False),
]  # fmt: skip
