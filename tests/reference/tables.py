"""Tables: their shape, the codes of their columns, and where everything lies (format-numbers.md 3 and 6)."""

from bisect import bisect_right
from dataclasses import dataclass, field

from grids import read_grid, read_type
from masked import Expectation
from parameters import quot, s64
from reader import Refused
from relations import read_relation
from specials import read_row_flags, read_specials
from symbols import RowContext, SymbolModel, bucket
from tracks import fold

MAX_COLUMNS = 65536
NO_BUCKET = 999


@dataclass
class Code:
    least: int
    largest: int
    median: int = 0
    dictionary: list = None
    references: list = field(default_factory=list)
    # Columns and factors.
    terms: list = field(default_factory=list)
    offset: int = 0

    @property
    def depth(self):
        return self.largest.bit_length()

    @property
    def numeric(self):
        return self.largest >= 8

    def cell(self, symbol):
        symbol = min(symbol, self.largest)
        return self.dictionary[symbol] if self.dictionary else s64(self.least + symbol)

    def position(self, predicted):
        if not self.dictionary:
            return s64(predicted - s64(self.least << 8))
        k = bisect_right(self.dictionary, predicted >> 8)
        whole = max(1, k) - 1 << 8
        if k == 0 or k > self.largest:
            return whole
        cell = self.dictionary[k - 1]
        between = max(1, s64(self.dictionary[k] - cell))
        return s64(whole + quot(s64(predicted - s64(cell << 8)), between))


@dataclass
class TableColumn:
    """Of the shape; `grid` is None where it stays exact."""

    offset: int
    type: object
    grid: object = None
    flags: list = None
    special: list = None
    code: object = None
    relation: object = None
    cells: list = None
    # Of all elements, special ones too.
    bits: list = None


def decode_table(parameters, length, exact, masked):
    record, column_major, columns = read_shape(parameters, length)
    rows = length // record
    coded = decode_coded(parameters, columns, rows, masked)
    for column in coded:
        special = iter(column.special)
        elements = zip(column.flags, column.cells)
        column.bits = [
            next(special) if flag else column.grid.bits(column.type, s64(cell << 12)) for flag, cell in elements
        ]
    return written(record, column_major, coded, rows, exact)


def decode_coded(parameters, columns, rows, masked):
    """Those of the columns that have a grid, with their cells."""
    learned = parameters.within(30, 0, 1)
    if learned and (masked is None or masked.columns != len(columns)):
        raise Refused("a table needs an autoencoder that there is not")
    coded, numbers = [], []
    left = [0] * rows
    for number, column in enumerate(columns):
        column.grid = read_grid(parameters)
        if column.grid is None:
            continue
        width = column.type.width
        column.flags, column.special = read_specials(parameters, width, rows, lambda: read_row_flags(parameters, left))
        left = column.flags
        column.relation = read_relation(parameters, len(coded))
        column.code = read_code(parameters, len(coded), rows)
        coded.append(column)
        numbers.append(number)
    expectation = Expectation(masked, numbers, [column.grid for column in coded], rows) if learned else None
    decode_columns(parameters.decoder, coded, rows, expectation)
    return coded


def read_shape(parameters, length):
    record = parameters.within(24, 1, length)
    column_major = parameters.within(25, 0, 1)
    columns, end = [], 0
    for _ in range(parameters.within(26, 0, min(record, MAX_COLUMNS))):
        offset = end + parameters.within(27, 0, record)
        columns.append(TableColumn(offset, read_type(parameters)))
        end = offset + columns[-1].type.width
        if end > record:
            raise Refused("a column lies outside of its row")
    if length % record:
        raise Refused("the last row of a table is not complete")
    return record, column_major, columns


def read_code(parameters, number, rows):
    code = Code(parameters.integer(0), parameters.within(1, 0, (1 << 32) - 1))
    if code.largest == 0:
        return code
    code.median = parameters.within(2, 0, code.largest)
    if parameters.within(3, 0, 1):
        if code.largest >= rows:
            raise Refused("a dictionary has more cells than there are rows")
        code.dictionary = [code.least]
        for _ in range(code.largest):
            gap = parameters.integer(4)
            code.dictionary.append(code.dictionary[-1] + gap)
            if gap <= 0 or code.dictionary[-1] >= 1 << 63:
                raise Refused("the cells of a dictionary do not increase")
    for _ in range(parameters.within(5, 0, min(2, number))):
        code.references.append(number - parameters.within(6, 1, number))
    for _ in range(parameters.within(7, 0, 8)):
        column = number - parameters.within(8, 0, number)
        code.terms.append((column, parameters.integer(9)))
    if code.terms:
        code.offset = parameters.integer(10)
    return code


def decode_columns(decoder, columns, rows, expectation):
    model = SymbolModel(decoder, rows, expectation)
    grids = [(column.type, column.grid) for column in columns]
    symbols, cells = [], []
    hashes = [0] * rows
    last = None
    for number, column in enumerate(columns):
        code = column.code
        if code.largest == 0:
            own = [0] * rows
            column.cells = [code.least] * rows
            if expectation:
                expectation.constant(number, code, rows)
        else:
            if expectation:
                expectation.begin(number, code)
            model.begin(code)
            own = []
            for row in range(rows):
                if expectation:
                    expectation.enter(row, not column.flags[row])
                if column.flags[row]:
                    own.append(model.above)
                else:
                    context = row_context(columns, number, row, model.above, symbols, cells, grids, hashes, last)
                    own.append(model.decode(context))
                if expectation:
                    expectation.leave(row, None if column.flags[row] else code.cell(own[-1]))
            column.cells = [code.cell(symbol) for symbol in own]
            hashes = [fold(hash_, symbol) for hash_, symbol in zip(hashes, own)]
            last = number
        symbols.append(own)
        cells.append(column.cells)


def row_context(columns, number, row, above, symbols, cells, grids, hashes, last):
    code, relation = columns[number].code, columns[number].relation
    buckets = [NO_BUCKET] * 2
    for k, r in enumerate(code.references):
        buckets[k] = bucket(symbols[r][row], columns[r].code.median)
    regression = None
    if code.terms:
        total = code.offset
        for column, factor in code.terms:
            if column == number:
                cell = code.cell(above) if row else 0
            else:
                cell = cells[column][row]
            total += cell * factor
        regression = code.position(s64(total) >> 8)
    formula = (None, 0)
    if relation:
        predicted, class_ = relation.predict(grids, cells, row)
        formula = (code.position(predicted), class_)
    left = symbols[last][row] if last is not None else 0
    reference = symbols[code.references[0]][row] if code.references else 0
    return RowContext(left, hashes[row], reference, buckets, regression, formula)


def written(record, column_major, columns, rows, exact):
    """The content: the elements of coded columns, and the exact bytes between them."""
    free, end = [], 0
    for column in columns:
        if column.offset > end:
            free.append((end, column.offset))
        end = column.offset + column.type.width
    if end < record:
        free.append((end, record))
    if column_major:
        ranges = [(a * rows, b * rows) for a, b in free]
    else:
        ranges = [(row * record + a, row * record + b) for row in range(rows) for a, b in free]
    content = bytearray(record * rows)
    at = 0
    for a, b in ranges:
        if at + b - a > len(exact):
            raise Refused("a table has too few exact bytes")
        content[a:b] = exact[at : at + b - a]
        at += b - a
    if at != len(exact):
        raise Refused("a table has too many exact bytes")
    for column in columns:
        width = column.type.width
        for row, bits in enumerate(column.bits):
            begin = column.offset * rows + row * width if column_major else row * record + column.offset
            content[begin : begin + width] = column.type.to_bytes(bits)
    return bytes(content)
