"""The header of a frame (section 4)."""

from dataclasses import dataclass

from reader import Refused, within
from structure import Structure, read_references, read_structure

FRAME_MARK = bytes.fromhex("B046524D")
MAX_FRAME = 1 << 24
MAX_LANES = 64
MAX_SEGMENTS = 16
MAX_REFERENCED_COLUMNS = 1024
STORED, CONSTANT, MIX, NUMBERS, COLUMNS, MATCHES = range(6)
FAST, DEFAULT, BEST = range(3)


@dataclass
class FrameHeader:
    length: int
    structure: Structure
    model: int
    content_hash: bytes = b""
    # Of a constant frame.
    byte: int = 0
    # Of the mix: its effort, the network (0 none, 1 the member's, 2 built in), for each column the columns that it
    # refers to, the bytes of each segment, the words of each stream.
    effort: int = 0
    network: int = 0
    references: list = None
    segments: list = None
    streams: list = None
    # Of numbers: the words of their stream, the bytes of the inner frame.
    words: int = 0
    inner: int = 0
    # Of columns and of matches: the bytes of the payload.
    coded: int = 0

    @property
    def uses_member_model(self):
        return self.model == MIX and self.network == 1

    @property
    def payload_length(self):
        if self.model == STORED:
            return self.length
        if self.model == NUMBERS:
            return 4 * self.words + self.inner
        if self.model in (COLUMNS, MATCHES):
            return self.coded
        return 4 * sum(self.streams) if self.model == MIX else 0


def read_frame_header(reader):
    begin = reader.at
    reader.take(4)
    length = reader.varint_within(1, MAX_FRAME, "the length of a frame's content")
    if reader.varint() not in (0, length):
        raise Refused("the coded length is not that of the content")
    structure = read_structure(reader, length)
    header = FrameHeader(length, structure, reader.u8())
    if header.model == CONSTANT:
        header.byte = reader.u8()
    elif header.model == MIX:
        read_mix(reader, header)
    elif header.model == NUMBERS:
        read_numbers(reader, header)
    elif header.model in (COLUMNS, MATCHES):
        header.coded = reader.varint_within(0, length, "the length of a payload")
    elif header.model != STORED:
        raise Refused(f"entropy model {header.model} is not known")
    header.content_hash = reader.take(16)
    reader.confirm(begin, "a frame's header")
    return header


def read_mix(reader, header):
    structure, length = header.structure, header.length
    setup = reader.u8()
    header.effort = setup & 15
    header.network = setup >> 4 & 3
    if header.effort > BEST:
        raise Refused(f"effort {header.effort} is not known")
    if header.network == 3:
        raise Refused("a network of kind 3 is not known")
    if setup >> 7:
        raise Refused("bit 7 of the mix's set-up is set")
    if header.network == 2:
        reader.varint_within(1, 65535, "the number of a built-in model")
    columns = structure.columns()
    header.references = [[None] * 3 for _ in columns]
    if structure.is_table() and len(columns) <= MAX_REFERENCED_COLUMNS:
        header.references = read_references(reader, columns)
    header.segments = [length]
    if setup >> 6 & 1:
        header.segments = read_segments(reader, structure, length)
    count = reader.varint_within(1, MAX_LANES * MAX_SEGMENTS, "the number of streams")
    lanes, rest = divmod(count, len(header.segments))
    if rest:
        raise Refused("the segments have different numbers of streams")
    within(lanes, 1, MAX_LANES, "the number of streams of a segment")
    header.streams = [reader.varint() for _ in range(count)]
    if header.payload_length >= length:
        raise Refused("the payload is not shorter than the coded bytes")


def read_numbers(reader, header):
    if header.structure != Structure(1):
        raise Refused("a frame of numbers has a layout or filters")
    header.inner = reader.varint_within(0, header.length, "the length of an inner frame")
    header.words = reader.varint_within(0, (header.length - header.inner) // 4, "the number of words in a stream")


def read_segments(reader, structure, length):
    first = reader.varint_within(1, length - 1, "the length of the first segment")
    other = reader.varint_within(1, length, "the length of the other segments")
    unit = structure.record or structure.width
    if first % unit or other % unit:
        raise Refused("a segment does not end where a record or an element does")
    count = 1 + -(-(length - first) // other)
    within(count, 2, MAX_SEGMENTS, "the number of segments")
    whole = [other] * (count - 2)
    return [first, *whole, length - first - sum(whole)]
