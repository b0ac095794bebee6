"""As much of HTTP/2 and gRPC as an attacker needs: frames made by hand.

Nothing here obeys the protocol for the caller. A library would refuse to send
most of what these scripts are about.
"""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 6, 7, 8, 9

END_STREAM, ACK, END_HEADERS = 0x1, 0x1, 0x4

SETTINGS_NUMBERS = {"header_table_size": 1, "enable_push": 2, "initial_window": 4}
WINDOW_MAX = (1 << 31) - 1

CANCEL = 8
ERROR_NAMES = (
    "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED "
    "FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM "
    "INADEQUATE_SECURITY HTTP_1_1_REQUIRED"
).split()

UNARY = "/interdict.v1.ScreeningService/ScreenAddress"
BATCH = "/interdict.v1.ScreeningService/ScreenAddresses"
RESCREEN = "/interdict.v1.ScreeningService/RescreenAddresses"
HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

# The Ronin Bridge exploiter, in the lists that come with the daemon.
LISTED_ADDRESS = "0x098b716b8aaf21512996dc57eb0615e2383e2f96"


def frame(kind, flags, stream, payload=b""):
    """Returns one frame."""
    size = len(payload)
    return struct.pack("!BHBBL", size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def settings(**values):
    """Returns a SETTINGS frame."""
    pairs = [(SETTINGS_NUMBERS[name], value) for name, value in values.items()]
    return frame(SETTINGS, 0, 0, b"".join(struct.pack("!HL", *pair) for pair in pairs))


SETTINGS_ACK = frame(SETTINGS, ACK, 0)


def hello(**values):
    """Returns what a client says first.

    Without a dynamic table, so that the statuses it gets can be counted.
    """
    return PREFACE + settings(header_table_size=0, enable_push=0, **values)


def rst(stream, code=CANCEL):
    """Returns a RST_STREAM."""
    return frame(RST_STREAM, 0, stream, struct.pack("!L", code))


def window_update(stream, increment):
    """Returns a WINDOW_UPDATE."""
    return frame(WINDOW_UPDATE, 0, stream, struct.pack("!L", increment))


def literal(name, value):
    """Returns a header field, without indexing and without Huffman coding."""
    return b"\0" + _string(name.encode()) + _string(value.encode())


def _string(text):
    return _integer(len(text), 7) + text


def _integer(value, bits, first=0):
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out = [first | most]
    value -= most
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def request_headers(path, extra=()):
    """Returns the header block of a gRPC request.

    Indexed fields of the static table: 3 `:method POST`, 6 `:scheme http`,
    4 the name `:path`, 1 the name `:authority`.
    """
    block = b"\x83\x86" + b"\x04" + _string(path.encode()) + b"\x01" + _string(b"localhost")
    block += literal("content-type", "application/grpc") + literal("te", "trailers")
    return block + b"".join(literal(name, value) for name, value in extra)


def indexed(index):
    """Returns a reference to an entry of the header table; 62 is the newest."""
    return _integer(index, 7, 0x80)


def inserted(name, value):
    """Returns a header field that is added to the dynamic table."""
    return b"\x40" + _string(name.encode()) + _string(value.encode())


def call(path, message, stream, extra=()):
    """Returns a whole unary request: headers, and one message."""
    return opened(path, stream, extra) + frame(DATA, END_STREAM, stream, grpc(message))


def call_parts(path, message, stream, extra=()):
    """As `call`, in as many DATA frames as the frame size of the daemon asks."""
    body = grpc(message)
    parts = [opened(path, stream, extra)]
    for at in range(0, len(body), 16384):
        last = at + 16384 >= len(body)
        parts.append(frame(DATA, END_STREAM if last else 0, stream, body[at : at + 16384]))
    return b"".join(parts)


def opened(path, stream, extra=()):
    """Returns the headers of a request whose body is still to come."""
    return frame(HEADERS, END_HEADERS, stream, request_headers(path, extra=extra))


def grpc(message, declared=None, compressed=0):
    """Returns a message with gRPC's prefix, which may lie about the length."""
    return struct.pack("!BL", compressed, len(message) if declared is None else declared) + message


def screen(address):
    """Returns a ScreenAddressRequest."""
    return _field(1, address.encode())


def screen_all(addresses):
    """Returns a ScreenAddressesRequest."""
    return b"".join(_field(1, _field(1, address.encode())) for address in addresses)


def file_of(symbol):
    """Returns a ServerReflectionRequest for the file that defines a symbol."""
    return _field(4, symbol.encode())


def rescreen_header():
    """Returns the first message of a rescreen: every outcome is wanted."""
    return _field(1, b"")


def rescreen_chunk(addresses):
    """Returns a further message of a rescreen."""
    return _field(2, screen_all(addresses))


def _field(number, payload):
    out = bytearray([number << 3 | 2])
    size = len(payload)
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out) + payload


# The names and digits of gRPC's trailers in HPACK's Huffman code
# (RFC 7541, appendix B), which is all of it that is needed here.
_CODES = {
    "g": "100110", "r": "101100", "p": "101011", "c": "00100", "-": "010110",
    "s": "01000", "t": "01001", "a": "00011", "u": "101101",
    "0": "00000", "1": "00001", "2": "00010", "3": "011001", "4": "011010",
    "5": "011011", "6": "011100", "7": "011101", "8": "011110", "9": "011111",
}  # fmt: skip


def _huffman(text):
    bits = "".join(_CODES[letter] for letter in text)
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return bytes([0x80 | len(coded)]) + coded


_STATUS_NAMES = (_huffman("grpc-status"), _string(b"grpc-status"))
_STATUS_VALUES = {
    form: code for code in range(17) for form in (_huffman(str(code)), _string(str(code).encode()))
}


def grpc_status(block):
    """Returns the status in a header block, or None if it has none.

    Works on peers that were told to use no dynamic table.
    """
    for name in _STATUS_NAMES:
        at = block.find(name)
        if at >= 0:
            rest = block[at + len(name) :]
            forms = (code for form, code in _STATUS_VALUES.items() if rest.startswith(form))
            return next(forms, -1)
    return None


def verdict(message):
    """Returns the verdict of a ScreenAddressResponse (with gRPC's prefix)."""
    outcome = _inside(message[5:], 1)
    while outcome:
        key, rest = outcome[0], outcome[1:]
        if key == 2 << 3:
            return rest[0]
        if key & 7 != 2:
            return None
        size, rest = _varint(rest)
        outcome = rest[size:]
    return None


def _inside(message, number):
    if not message or message[0] != number << 3 | 2:
        return b""
    size, rest = _varint(message[1:])
    return rest[:size]


def _varint(text):
    value = 0
    for at, byte in enumerate(text):
        value |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return value, text[at + 1 :]
    return 0, b""


class Frames:
    """Cuts what comes in into frames."""

    def __init__(self):
        self._waiting = b""

    def feed(self, received):
        """Returns kind, flags, stream and payload of each whole frame."""
        waiting = self._waiting + received
        at, end, frames = 0, len(waiting), []
        while end - at >= 9:
            high, low, kind, flags, stream = struct.unpack_from("!BHBBL", waiting, at)
            after = at + 9 + (high << 16 | low)
            if after > end:
                break
            frames.append((kind, flags, stream & WINDOW_MAX, waiting[at + 9 : after]))
            at = after
        self._waiting = waiting[at:]
        return frames


def goaway_words(payload):
    """Returns what a GOAWAY says, for people."""
    code = int.from_bytes(payload[4:8], "big")
    name = ERROR_NAMES[code] if code < len(ERROR_NAMES) else str(code)
    words = payload[8:].decode("ascii", "replace")
    return f"{name} {words}".strip()
