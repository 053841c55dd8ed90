"""Frames of columns: bytes coded one column after the other (format-columns.md)."""

from dataclasses import dataclass

from contexts import TABLE, kind_of
from frequencies import LIMITS, Frequencies, SymbolDecoder
from reader import Reader, Refused

MAX_COLUMNS = 4096
MIN_ROWS = 16
LANES = 4
PIECE = 1 << 12
BLOCK = 1 << 15
STORED, CONSTANT, CODED, REPEATED = range(4)


@dataclass
class Column:
    kind: int
    # Of a constant column.
    byte: int = 0
    # Of a coded one: its first and second source, each (back, lag) or None, and whether only the first one's size counts.
    sources: tuple = (None, None)
    sizes: bool = False
    limit: int = 0

    def stored_from(self, rows):
        """The row from which on the bytes are stored."""
        return {STORED: 0, CONSTANT: rows, CODED: rows - rows % LANES}[self.kind]


def decode_columns(header, payload):
    structure, length = header.structure, header.length
    count = structure.width
    record = structure.record
    if kind_of(structure) == TABLE and record <= MAX_COLUMNS and length // record >= MIN_ROWS:
        count = record
    head = min(length, -structure.phase % count)
    rows = (length - head) // count
    tail = length - head - rows * count
    reader = Reader(payload)
    columns = read_columns(reader, count, rows)
    begin, end = reader.take(head), reader.take(tail)
    matrix = []
    for column in columns:
        stored = column.stored_from(rows)
        own = bytearray([column.byte]) * stored
        matrix.append(own + reader.take(rows - stored))
    decode_blocks(reader, columns, matrix, rows // LANES)
    if reader.left():
        raise Refused("coded columns have bytes left over")
    return begin + b"".join(map(bytes, zip(*matrix))) + end


def read_columns(reader, count, rows):
    columns = []
    while len(columns) < count:
        first = reader.u8()
        kind = first & 3
        if first >> 7 or kind != CODED and first != kind:
            raise Refused("a column's header has a bit that is not known")
        if kind == STORED:
            columns.append(Column(STORED))
        elif kind == CONSTANT:
            columns.append(Column(CONSTANT, byte=reader.u8()))
        elif kind == CODED:
            sources = tuple(read_source(reader, len(columns), rows) if first >> bit & 1 else None for bit in (4, 5))
            columns.append(Column(CODED, 0, sources, bool(first >> 6 & 1), LIMITS[first >> 2 & 3]))
        else:
            more = reader.varint() + 1
            if not columns or more > count - len(columns):
                raise Refused("columns are like one that is not there, or more than there are")
            columns += [columns[-1]] * more
    return columns


def read_source(reader, number, rows):
    back = reader.varint_within(0, number, "the columns to a source")
    lag = reader.varint_within(0, rows, "the rows to a source")
    if back == lag == 0:
        raise Refused("a byte is its own source")
    return back, lag


def decode_blocks(reader, columns, matrix, steps):
    left = steps * sum(column.kind == CODED for column in columns)
    taken = 0
    lanes = read_lanes(reader) if left else []
    for number, column in enumerate(columns):
        if column.kind != CODED:
            continue
        tables = Tables(column, number, matrix)
        for step in range(steps):
            for lane, decoder in enumerate(lanes):
                start = lane * steps
                tables.decode_byte(decoder, start, start + step)
            left -= 1
            taken += 1
            piece_ends = (step + 1) % PIECE == 0 or step + 1 == steps
            if piece_ends and taken >= BLOCK and left:
                finish(lanes)
                lanes, taken = read_lanes(reader), 0
    finish(lanes)


def read_lanes(reader):
    lanes = []
    for _ in range(LANES):
        count = reader.varint()
        lanes.append(SymbolDecoder([int.from_bytes(reader.take(4), "little") for _ in range(count)]))
    return lanes


def finish(lanes):
    for lane in lanes:
        lane.finish()


def size(byte):
    if byte < 4:
        return byte
    b = byte.bit_length() - 1
    return 2 * b + (byte >> (b - 1) & 1)


class Tables:
    """The tables of one column, made when their context first comes."""

    def __init__(self, column, number, matrix):
        self.column = column
        self.own = matrix[number]
        # Where the sources are: a column's bytes, the rows before, whether it is another column.
        self.sources = [source and (matrix[number - source[0]], source[1], source[0] > 0) for source in column.sources]
        self.contexts = {}

    def known(self, source, start, row):
        if not source:
            return 0
        data, lag, is_other = source
        row -= lag
        return data[row] if row >= (0 if is_other else start) else 0

    def decode_byte(self, decoder, start, row):
        first, second = (self.known(source, start, row) for source in self.sources)
        context = size(first) if self.column.sizes else first, size(second)
        if context not in self.contexts:
            self.contexts[context] = [Frequencies(self.column.limit) for _ in range(17)]
        tables = self.contexts[context]
        upper = decoder.symbol(tables[0])
        self.own[row] = 16 * upper + decoder.symbol(tables[1 + upper])
