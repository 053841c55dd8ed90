"""From coded bytes to content: the filters undone (section 24)."""

from floats import to_double
from predictions import Differences, Relation, Stencil
from rules import from_index
from structure import FLOAT, SIGNED, relation_order


def undo_filters(structure, coded):
    content = bytearray(coded)
    if structure.fields:
        undo_fields(structure, content)
    if structure.swapped:
        for begin in range(-structure.phase % structure.width, len(content), structure.width):
            element = content[begin : begin + structure.width]
            if len(element) == structure.width:
                content[begin : begin + structure.width] = element[::-1]
    return undo_transpose(structure, content) if structure.transposed else bytes(content)


def undo_transpose(structure, rows):
    width = structure.width
    columns = structure.record // width
    count = len(rows) // structure.record
    content = bytearray(len(rows))
    for r in range(count):
        for c in range(columns):
            to, at = (c * count + r) * width, (r * columns + c) * width
            content[to : to + width] = rows[at : at + width]
    return bytes(content)


def undo_fields(structure, content):
    begins = element_begins(structure, len(content))
    numbers = [None] * len(structure.fields)
    for n in relation_order(structure.fields):
        field = structure.fields[n]
        coded = [int.from_bytes(content[at : at + field.width], "big") for at in begins[n]]
        codes = [undo_offset(field, x) for x in coded]
        prediction = field.prediction
        bits = 8 * field.width
        if isinstance(prediction, Differences):
            codes = prediction.undo(codes, bits, steps(structure))
        elif isinstance(prediction, Stencil):
            codes = prediction.undo(codes, field)
        elif isinstance(prediction, Relation):
            values = formula_values(structure, prediction.formula, begins, numbers, n, len(content))
            codes = prediction.undo(codes, field, values)
        numbers[n] = [from_code(field, from_index(field.rule, code)) for code in codes]
    for field, offsets, column in zip(structure.fields, begins, numbers):
        order = "little" if field.swapped else "big"
        for at, number in zip(offsets, column):
            content[at : at + field.width] = number.to_bytes(field.width, order)


def element_begins(structure, length):
    """For each field where its elements begin that lie in the frame as a whole."""
    fields = structure.fields
    unit = structure.record if len(fields) > 1 else structure.width
    begins, column = [], 0
    for field in fields:
        first = (column - structure.phase) % unit
        begins.append(range(first, length - field.width + 1, unit))
        column += field.width
    return begins


def steps(structure):
    """How many elements differences by element, by row and by plane go back."""
    if len(structure.fields) > 1:
        return 1, 0, 0
    return 1, structure.record // structure.width, structure.plane // structure.width


def undo_offset(field, x):
    """Undoes the offset and the rotation."""
    bits = 8 * field.width
    low = 8 * field.rotation
    x = x >> low | (x & (1 << low) - 1) << bits - low
    return x + field.offset & (1 << bits) - 1


def from_code(field, code):
    """The number, as its bits, of an ordered code."""
    top = 1 << 8 * field.width - 1
    if field.kind == SIGNED:
        return code ^ top
    if field.kind == FLOAT:
        return code - top if code >= top else 2 * top - 1 - code
    return code


def formula_values(structure, formula, begins, numbers, target, length):
    """For each element of a field the value of its formula in its record, 0 in one that is cut."""
    record = structure.record
    values = []
    column = (begins[target].start + structure.phase) % record
    for at in begins[target]:
        begin = at - column
        if begin < 0 or begin + record > length:
            values.append(0.0)
            continue
        inputs = []
        for number, kind in formula.inputs:
            index = begins[number].index(begin + sum(field.width for field in structure.fields[:number]))
            inputs.append(as_double(numbers[number][index], structure.fields[number].width, kind))
        values.append(formula.value(inputs))
    return values


def as_double(number, width, kind):
    if kind == FLOAT:
        return to_double(width, number)
    bits = 8 * width
    if kind == SIGNED and number >> bits - 1:
        number -= 1 << bits
    return float(number)
