"""Frames of matches: text and plain bytes as matches and literals (format-matches.md)."""

from collections import defaultdict

from frequencies import TOTAL, Frequencies, SymbolDecoder
from reader import Reader, Refused

BLOCK = 1 << 17
MIN_RECENT, MIN_MATCH = 3, 5
PLAIN, EXPECTED, STORED = range(3)
LITERALS, SEQUENCES = 128, 64


class Mixed:
    """A table made of two, which adapt when it is used."""

    def __init__(self, low, high, weights, index):
        self.low, self.high, self.weights, self.index = low, high, weights, index
        weight = weights[index]
        pairs = zip(low.bounds, high.bounds)
        self.bounds = [a + ((b - a) * weight >> 15) for a, b in pairs]

    def move(self, symbol):
        low, high, own = (t.bounds[symbol + 1] - t.bounds[symbol] for t in (self.low, self.high, self))
        weight = self.weights[self.index] + (256 * (high - low) >> own.bit_length())
        self.weights[self.index] = min(max(weight, 256), 32511)

    def adapt(self, symbol):
        self.move(symbol)
        self.low.adapt(symbol)
        self.high.adapt(symbol)


class Raw:
    """Bits as they are."""

    def __init__(self, count):
        self.bounds = range(0, TOTAL + 1, TOTAL >> count)

    def adapt(self, _):
        pass


def raw(decoder, count):
    if count > 15:
        upper = raw(decoder, count - 15)
        return upper << 15 | raw(decoder, 15)
    return decoder.symbol(Raw(count)) if count else 0


def tables(limit):
    return defaultdict(lambda: Frequencies(limit))


def weights():
    return defaultdict(lambda: 16384)


class Larger:
    def __init__(self):
        self.bits, self.upper = Frequencies(SEQUENCES), tables(SEQUENCES)

    def decode(self, decoder):
        bits = decoder.symbol(self.bits)
        if bits == 15:
            bits += raw(decoder, 3)
        upper_bits = min(bits, 3)
        upper = decoder.symbol(self.upper[bits]) % 8 if upper_bits else 0
        rest = bits - upper_bits
        return (1 << bits | upper << rest | raw(decoder, rest)) + 14


class InTwo:
    def __init__(self):
        self.narrow, self.wide, self.weights = tables(SEQUENCES), tables(SEQUENCES), weights()

    def decode(self, decoder, narrow, wide):
        high = self.wide[wide]
        return decoder.symbol(Mixed(self.narrow[narrow], high, self.weights, min(high.adapted, 31)))


class Sequences:
    def __init__(self):
        self.run, self.kind, self.len = InTwo(), InTwo(), InTwo()
        self.more_literals, self.more_bytes, self.more_recent = Larger(), Larger(), Larger()
        self.small, self.upper, self.lower = Frequencies(SEQUENCES), tables(SEQUENCES), tables(SEQUENCES)
        self.recent = [1, 1, 1]
        self.last_kind = self.last_run = self.last_len = 0

    def literals(self, decoder):
        narrow = 16 * self.last_kind + self.last_len
        wide = 4 * (16 * self.last_run + self.last_len) + self.last_kind
        self.last_run = self.run.decode(decoder, narrow, wide)
        return self.last_run if self.last_run < 15 else self.more_literals.decode(decoder)

    def match(self, decoder, before):
        kind = self.kind.decode(decoder, 4 * self.last_run + self.last_kind, 4 * before + self.last_kind)
        if kind < 3:
            offset = self.recent.pop(kind)
            narrow, shortest, more = self.last_run, MIN_RECENT, self.more_recent
        else:
            self.recent.pop()
            offset, bits = self.offset(decoder, kind)
            narrow, shortest, more = 16 + bits, MIN_MATCH, self.more_bytes
        self.recent.insert(0, offset)
        length = self.len.decode(decoder, narrow, 16 * (16 * kind + self.last_run) + self.last_len)
        self.last_kind, self.last_len = min(kind, 3), length
        if length == 15:
            length = more.decode(decoder)
        return offset, shortest + length

    def offset(self, decoder, kind):
        bits = decoder.symbol(self.small) if kind == 3 else kind + 8
        if bits < 8:
            return 1 << bits | raw(decoder, bits), bits
        upper = decoder.symbol(self.upper[bits])
        middle = raw(decoder, bits - 8)
        lower = decoder.symbol(self.lower[bits])
        return 1 << bits | upper << bits - 4 | middle << 4 | lower, bits


class Literals:
    def __init__(self, length):
        self.shift = 32 - min(max(length.bit_length() + 1, 10), 16)
        self.first, self.third, self.expected = tables(LITERALS), tables(LITERALS), tables(LITERALS)
        self.of_third, self.of_expected = weights(), weights()

    def byte(self, decoders, before, expected):
        value = int.from_bytes(bytes(3 - len(before)) + before, "big")
        code = value * 0x9E3779B1 % (1 << 32)
        halves = []
        for half in range(2):
            below = 1 + halves[0] if half else 0
            salted = code ^ below * 0xC2B2AE35 % (1 << 32)
            third = self.third[salted >> self.shift]
            table = Mixed(self.first[value & 255, below], third, self.of_third, (half, min(third.adapted, 31)))
            if expected is not None:
                last = self.expected[expected, below]
                table = Mixed(table, last, self.of_expected, (half, min(last.adapted, 31)))
            halves.append(decoders[half].symbol(table))
        return 16 * halves[0] + halves[1]


def decode_matches(header, payload):
    length = header.length
    reader = Reader(payload)
    literals, sequences = Literals(length), Sequences()
    data = bytearray()
    while len(data) < length:
        decode_block(reader, data, min(length, len(data) + BLOCK), literals, sequences)
    if reader.left():
        raise Refused("matches have bytes left over")
    return bytes(data)


def decode_block(reader, data, end, literals, sequences):
    head = reader.varint()
    kind, count = head & 3, head >> 2
    if kind > STORED or count > BLOCK // MIN_RECENT:
        raise Refused("a block of matches that is not known")
    stored = Reader(reader.take(reader.varint_within(0, end - len(data), "stored literals"))) if kind == STORED else None
    streams = []
    for _ in range(3):
        words = reader.varint()
        streams.append(SymbolDecoder([int.from_bytes(reader.take(4), "little") for _ in range(words)]))

    def run(number):
        if stored:
            data.extend(stored.take(number))
            return
        for k in range(number):
            expected = None
            if kind == EXPECTED:
                at = len(data) - sequences.recent[0]
                expected = (data[at] if at >= 0 else 0) + (256 if k == 0 else 0)
            data.append(literals.byte(streams, bytes(data[-3:]), expected))

    for _ in range(count):
        number = sequences.literals(streams[2])
        if number > end - len(data):
            raise Refused("literals go past their block")
        run(number)
        offset, number = sequences.match(streams[2], data[-1] if data else 0)
        if offset > len(data) or number > end - len(data):
            raise Refused("a match goes past its block or before its frame")
        for _ in range(number):
            data.append(data[-offset])
    run(end - len(data))
    if stored and stored.left():
        raise Refused("stored literals are left over")
    for stream in streams:
        stream.finish()
