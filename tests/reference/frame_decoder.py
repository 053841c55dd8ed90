"""A frame from its header and payload: segments, their lanes in lock step, and the modes of bytes (sections 9 and 10)."""

import pickle

from blake3 import blake3
from byte_mix import ByteMix, MixedByte
from columns import decode_columns
from contexts import TABLE, TEXT
from filters import undo_filters
from frame import COLUMNS, CONSTANT, FRAME_MARK, MATCHES, NUMBERS, STORED, read_frame_header
from history import History, Positions
from lempel_ziv import decode_matches
from matches import ORDERS, Match
from number_frame import decode_numbers
from range_decoder import RangeDecoder
from reader import Reader, Refused
from run_model import BYPASS, MIXED, RUN
from text import TextState


def decode_frame(header, payload, model=b""):
    """`model` are the bytes of the member's model, if there are any."""
    if header.model == STORED:
        coded = payload
    elif header.model == CONSTANT:
        coded = bytes([header.byte]) * header.length
    elif header.model == NUMBERS:
        coded = decode_numbers(header, payload, lambda inner: decode_inner(header, inner), model)
    elif header.model == COLUMNS:
        coded = decode_columns(header, payload)
    elif header.model == MATCHES:
        coded = decode_matches(header, payload)
    elif header.network:
        raise Refused("the frame needs a network, which this decoder does not have")
    else:
        coded = decode_mix(header, payload)
    return undo_filters(header.structure, coded)


def decode_inner(outer, data):
    """The content of the frame inside a frame of numbers."""
    reader = Reader(data)
    if reader.peek(4) != FRAME_MARK:
        raise Refused("a frame of numbers has something else in it than a frame")
    header = read_frame_header(reader)
    if header.model == NUMBERS or header.network or header.length > outer.length:
        raise Refused("the inner frame is none that a frame of numbers may have")
    if reader.left() != header.payload_length:
        raise Refused("the inner frame has another length")
    content = decode_frame(header, reader.take(header.payload_length))
    if blake3(content)[:16] != header.content_hash:
        raise Refused("the hash of an inner frame's content differs")
    return content


def decode_mix(header, payload):
    words = [int.from_bytes(payload[i : i + 4], "little") for i in range(0, len(payload), 4)]
    streams = []
    for count in header.streams:
        streams.append(RangeDecoder(words[:count]))
        words = words[count:]
    lanes = len(streams) // len(header.segments)
    first = header.segments[0]
    divided = len(header.segments) > 1
    # The sizes of tables follow from the longest string of bytes that a segment continues.
    length = min(header.length, first + header.segments[1]) if divided else header.length
    mix = ByteMix(header.structure, header.effort, length, divided)
    taught = Segment(header, mix, b"", first, 0, streams[:lanes])
    taught.decode()
    coded = bytes(taught.data)
    kept = taught.kept() if divided else None
    for number, count in enumerate(header.segments[1:], 1):
        segment = taught.continued(kept, count, len(coded), streams[number * lanes :][:lanes])
        segment.decode()
        coded += segment.data[segment.begin :]
    return coded


class Lane:
    def __init__(self, segment, number, decoder, text):
        self.segment = segment
        self.decoder = decoder
        self.start = min(segment.begin + number * segment.lane_length, len(segment.data))
        self.end = min(self.start + segment.lane_length, len(segment.data))
        self.step = 0
        self.matches = [Match() for _ in ORDERS]
        self.changed = False
        self.error = 0
        self.text = text or TextState()


class Segment:
    """A part of a frame's coded bytes; its string `data` begins with the first segment's bytes."""

    def __init__(self, header, mix, known, count, frame_begin, decoders, kept=None):
        self.header = header
        self.mix = mix
        self.begin = len(known)
        self.frame_begin = frame_begin
        self.data = bytearray(known) + bytes(count)
        self.lane_length = max(1, -(-count // len(decoders)))
        self.positions = Positions(header.structure)
        self.lanes = []
        for number, decoder in enumerate(decoders):
            before = kept[number] if kept else None
            lane = Lane(self, number, decoder, before and before.text)
            if before:
                lane.changed, lane.error = before.changed, before.error
            self.lanes.append(lane)

    def kept(self):
        """All that the segment has learned, and of each lane what goes on in its lane of another segment."""
        lanes = [KeptLane(lane.text, lane.changed, lane.error) for lane in self.lanes]
        # Bytes of which each segment makes a copy of its own.
        return pickle.dumps((self.mix, lanes))

    def continued(self, kept, count, frame_begin, decoders):
        """Another segment, which goes on where this one ended."""
        mix, lanes = pickle.loads(kept)
        return Segment(self.header, mix, self.data, count, frame_begin, decoders, lanes)

    def step_of(self, position):
        """The step at which the byte at a position is coded, negative in the first segment's bytes of another one."""
        if position < self.begin:
            return position - self.begin
        return (position - self.begin) % self.lane_length

    def decode(self):
        for step in range(self.lane_length):
            lanes = [lane for lane in self.lanes if lane.start + step < lane.end]
            bytes_ = [LaneByte(self, lane, step) for lane in lanes]
            for phase in ("begin", "learn_half", "code_lower", "learn_half", "finish"):
                for byte in bytes_:
                    getattr(byte, phase)()
        for lane in self.lanes:
            lane.decoder.finish()


class KeptLane:
    def __init__(self, text, changed, error):
        self.text, self.changed, self.error = text, changed, error


class LaneByte:
    """A lane's byte in one step."""

    def __init__(self, segment, lane, step):
        lane.step = step
        self.segment, self.lane, self.mix = segment, lane, segment.mix
        self.at = lane.start + step
        frame_at = segment.frame_begin + self.at - segment.begin
        self.history = History(segment.data, lane.start, self.at, segment.positions, frame_at)
        kind = self.mix.kind
        if kind == TEXT:
            index = segment.lanes.index(lane)
        else:
            index = self.history.c % 65536 if kind == TABLE else self.history.w
        runs = self.mix.runs
        self.run = runs.runs[index]
        may_bypass = kind != TEXT or not any(match.predicts(step) for match in lane.matches)
        self.mode, self.probability = runs.mode(self.run, lane.changed, may_bypass)
        self.run_byte = self.run.byte
        self.mixed = None

    def begin(self):
        """Decodes the whole byte if it is no mixed one, else its upper half."""
        bit = self.lane.decoder.bit
        if self.mode == RUN and not bit(self.probability):
            self.mode = MIXED
        if self.mode == RUN:
            self.set(self.run_byte)
        elif self.mode == BYPASS:
            byte = 0
            for _ in range(8):
                byte = 2 * byte + bit(32768)
            self.set(byte)
        else:
            references = self.references()
            self.mixed = MixedByte(self.mix, self.lane, self.history, references)
            self.mixed.code_half(bit)

    def references(self):
        rows = self.segment.header.references
        return rows[self.history.column] if rows else (None, None, None)

    def code_lower(self):
        if self.mixed:
            self.mixed.code_half(self.lane.decoder.bit)
            self.set(self.mixed.byte & 255)

    def learn_half(self):
        if self.mixed:
            self.mixed.learn_half()

    def set(self, byte):
        self.segment.data[self.at] = byte

    def finish(self):
        """Learns the whole byte."""
        lane = self.lane
        byte = self.segment.data[self.at]
        errors = self.mixed.learn_byte(byte) if self.mixed else None
        lane.changed = self.mix.runs.learn(self.run, lane.changed, byte, errors)
        for table, match in zip(self.mix.matches, lane.matches):
            table.learn(match, self.segment, lane.step, self.at + 1)
        if self.mix.kind == TEXT:
            lane.text.learn(byte)
