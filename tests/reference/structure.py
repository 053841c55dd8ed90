"""The layout of a frame's bytes, its filters with their fields, and references between columns (section 4)."""

from dataclasses import dataclass, field

from formulas import read_formula
from predictions import Differences, Relation, Stencil
from reader import Refused
from rules import Coarse, Dictionary, digits, step

MAX_LAG = 1 << 26
MAX_FIELDS = 1 << 16
MAX_VALUES = 1 << 16
MAX_ALL_VALUES = 1 << 18
MAX_INPUTS = 8
UNSIGNED, SIGNED, FLOAT = range(3)
TRANSPOSE, SWAP, FIELDS = 1, 2, 3


@dataclass(frozen=True)
class Field:
    """The numbers of one column, or all of them, and how they become codes."""

    width: int
    swapped: bool
    kind: int
    rule: object
    prediction: object
    offset: int
    rotation: int


@dataclass
class Structure:
    width: int
    record: int = 0
    plane: int = 0
    phase: int = 0
    transposed: bool = False
    swapped: bool = False
    fields: list = field(default_factory=list)

    def is_table(self):
        return bool(self.record) and not self.plane and len(self.fields) != 1

    def widths(self):
        """The widths of a record's elements, in order; of an element alone without a record."""
        if len(self.fields) > 1:
            return [field.width for field in self.fields]
        return [self.width] * ((self.record or self.width) // self.width)

    def columns(self):
        """The columns of a table: each as where it begins in its record, and its width."""
        if not self.is_table():
            return []
        begins, at = [], 0
        for width in self.widths():
            begins.append((at, width))
            at += width
        return begins


def read_structure(reader, length):
    shape = reader.u8()
    structure = Structure(1 << (shape & 3))
    if shape >> 2 & 1:
        structure.record = reader.varint_within(1, MAX_LAG, "the record")
        if structure.record % structure.width:
            raise Refused("the record is not a multiple of the width")
    if shape >> 3 & 1:
        structure.plane = reader.varint_within(1, MAX_LAG, "the plane")
        if not structure.record or structure.plane % structure.record:
            raise Refused("the plane is not a multiple of a record")
    if shape >> 4 & 1:
        greatest = (structure.record or structure.width) - 1
        structure.phase = reader.varint_within(1, greatest, "the phase")
    filters = [read_filter(reader, structure) for _ in range(shape >> 5)]
    if filters != sorted(set(filters)):
        raise Refused("a filter stands twice, or not in its order")
    if structure.transposed:
        no_rows = not structure.record or structure.plane or structure.phase
        if no_rows or length % structure.record:
            raise Refused("the layout is none that could be transposed")
    if structure.swapped and (structure.width == 1 or structure.fields):
        raise Refused("there is nothing to swap, or fields do it")
    return structure


def read_filter(reader, structure):
    number = reader.u8()
    if number == TRANSPOSE:
        structure.transposed = True
    elif number == SWAP:
        structure.swapped = True
    elif number == FIELDS:
        structure.fields = read_fields(reader)
        check_fields(structure)
    else:
        raise Refused(f"filter {number} is not known")
    return number


def read_fields(reader):
    fields = []
    for _ in range(reader.varint()):
        count = reader.varint_within(1, MAX_FIELDS - len(fields), "the number of fields")
        fields += [read_field(reader)] * count
    return fields


def check_fields(structure):
    fields = structure.fields
    if not fields:
        raise Refused("the filter of fields has none")
    widths = [field.width for field in fields]
    if len(fields) > 1 and sum(widths) != structure.record:
        raise Refused("the fields' widths are not those of a record")
    alike = widths[0] if len(set(widths)) == 1 else 1
    if structure.width != alike:
        raise Refused("the layout has another width than its fields")
    dictionaries = {id(field.rule): field.rule for field in fields if isinstance(field.rule, Dictionary)}
    if sum(len(rule.values) for rule in dictionaries.values()) > MAX_ALL_VALUES:
        raise Refused("the dictionaries hold too many values")
    for field in fields:
        if isinstance(field.prediction, Relation):
            check_inputs(field.prediction.formula, fields)
    relation_order(fields)


def check_inputs(formula, fields):
    for number, kind in formula.inputs:
        if number >= len(fields):
            raise Refused("a relation has an input that is no field")
        if kind == FLOAT and fields[number].width < 4:
            raise Refused("a relation has an input that cannot be a float")


def relation_order(fields):
    """The numbers of the fields in an order in which each comes behind those that its relation needs."""
    order, state = [], [None] * len(fields)

    def needs(number):
        prediction = fields[number].prediction
        return [n for n, _ in prediction.formula.inputs] if isinstance(prediction, Relation) else []

    for first in range(len(fields)):
        if state[first]:
            continue
        state[first] = "open"
        path = [(first, iter(needs(first)))]
        while path:
            number, rest = path[-1]
            following = next(rest, None)
            if following is None:
                state[number] = "done"
                order.append(number)
                path.pop()
            elif state[following] == "open":
                raise Refused("relations go in a circle")
            elif state[following] is None:
                state[following] = "open"
                path.append((following, iter(needs(following))))
    return order


def read_field(reader):
    head = reader.u8()
    width = 1 << (head & 3)
    swapped = bool(head >> 2 & 1)
    kind = head >> 3 & 3
    if kind > FLOAT or kind == FLOAT and width < 4:
        raise Refused("a field has a kind that there is not, or not in its width")
    if swapped and width == 1:
        raise Refused("a field of single bytes has a byte order")
    number = reader.u8_within(0, 4, "a rule")
    if 1 <= number <= 3 and kind != FLOAT:
        raise Refused("a rule for floats stands with integers")
    rule = read_rule(reader, number, width)
    prediction = read_prediction(reader, head >> 6)
    offset = rotation = 0
    if head >> 5 & 1:
        offset = reader.varint_within(0, (1 << 8 * width) - 1, "an offset")
        rotation = reader.u8_within(0, width - 1, "a rotation")
        if offset == rotation == 0:
            raise Refused("an offset and a rotation are both 0")
    return Field(width, swapped, kind, rule, prediction, offset, rotation)


def read_rule(reader, number, width):
    if number == 1:
        numerator = reader.varint_within(1, 1 << 62, "a numerator")
        denominator = reader.varint_within(1, 1 << 62, "a denominator")
        if numerator << 62 <= denominator:
            raise Refused("a step is too small")
        return step(width, numerator, denominator)
    if number == 2:
        count = reader.u8_within(1, 6 if width == 4 else 15, "a number of digits")
        return digits(width, count, reader.u8_within(0, 19, "a number of decimals"))
    if number == 3:
        return Coarse(width, reader.u8_within(1, 23 if width == 4 else 52, "a cut"))
    if number == 4:
        values, least = [], 0
        for _ in range(reader.varint_within(1, MAX_VALUES, "the size of a dictionary")):
            values.append(least + reader.varint())
            least = values[-1] + 1
        if values[-1] >> 8 * width:
            raise Refused("a value of a dictionary is too great")
        return Dictionary(values)
    return None


def read_prediction(reader, number):
    if number == 1:
        times = reader.u8_within(1, 63, "the times of differences")
        return Differences((times & 3, times >> 2 & 3, times >> 4))
    if number == 2:
        shift = reader.number(2, signed=True)
        count = reader.u8_within(1, 32, "the number of a stencil's lags")
        lags = [reader.varint_within(1, (1 << 32) - 1, "a lag") for _ in range(count)]
        weights = [reader.number(4, signed=True) for _ in range(count - 1)]
        if not -1100 <= shift <= 1200 or any(abs(weight) > 1 << 15 for weight in weights):
            raise Refused("the shift or a weight of a stencil is out of its range")
        return Stencil(shift, lags, weights)
    if number == 3:
        return Relation(read_formula(reader, MAX_INPUTS))
    return None


def read_references(reader, columns):
    """For each column three: none, or how far before the column another begins, its width, and a shift."""
    rows = []
    for _ in range(reader.varint()):
        count = reader.varint_within(1, len(columns) - len(rows), "the number of columns with the same references")
        rows += [[read_reference(reader, len(columns)) for _ in range(3)]] * count
    if rows and len(rows) != len(columns):
        raise Refused("not all columns have references")
    rows = rows or [[None] * 3] * len(columns)
    return [[locate(columns, n, reference) for reference in row] for n, row in enumerate(rows)]


def read_reference(reader, columns):
    back = reader.varint_within(0, columns, "a reference to a column before")
    return (back, reader.u8()) if back else None


def locate(columns, number, reference):
    if not reference:
        return None
    back, shift = reference
    record = sum(columns[-1])
    begin, width = columns[number - back]
    distance = columns[number][0] - begin
    if distance <= 0:
        distance += record
    if shift >= 8 * width:
        raise Refused("the shift of a reference is not less than the bits there")
    return distance, width, shift
