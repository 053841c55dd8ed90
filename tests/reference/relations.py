"""Columns of tables that formulas of earlier columns predict (format-numbers.md 6, "Relations")."""

import math
from dataclasses import dataclass

from floats import double_pattern, to_double
from formulas import CONSTANT, MAX_OPERATIONS, Formula, checked
from grids import FLOAT, INTEGER, LOGARITHMIC, SIGNED, UNIFORM
from parameters import s64
from reader import Refused

MAX_INPUTS = 8
FARTHEST = 2.0**44


@dataclass
class TableRelation:
    """The formula's inputs are numbers of coded columns."""

    formula: Formula
    gain: float
    shift: float

    def predict(self, grids, cells, row):
        """The predicted cell in Q8, and how sure it is."""
        values, widths = [], []
        for column in self.formula.inputs:
            value, width = number_of(*grids[column], cells[column][row])
            values.append(value)
            widths.append(width)
        value = self.formula.value(values)
        uncertainty = 0.0
        for k, width in enumerate(widths):
            moved = values[:k] + [values[k] + width] + values[k + 1 :]
            uncertainty += abs(self.formula.value(moved) - value)
        cell = max(-FARTHEST, min(FARTHEST, self.gain * value + self.shift))
        return int(cell * 256.0), class_of(abs(self.gain) * uncertainty)


def class_of(uncertainty):
    if not uncertainty > 1.0 / 16.0:
        return 0
    return min(31, (double_pattern(uncertainty) >> 51) - 2038)


def number_of(type_, grid, cell):
    """The number of a cell, and how far the numbers in it may be from that."""
    pattern = grid.bits(type_, s64(cell << 12))
    if type_.kind == FLOAT:
        value = to_double(type_.width, pattern)
    else:
        bits = 8 * type_.width
        value = float(pattern - (1 << bits) if type_.kind == SIGNED and pattern >> bits - 1 else pattern)
    if grid.kind == UNIFORM:
        return value, grid.step / 2.0
    if grid.kind == INTEGER:
        return value, float(grid.step // 2)
    if grid.kind == LOGARITHMIC:
        return value, abs(value) * (grid.step / 2.0)
    return value, 0.0


def read_relation(parameters, column):
    count = parameters.within(29, 0, MAX_OPERATIONS)
    if count == 0:
        return None
    inputs, operations = [], []
    for _ in range(count):
        number = parameters.within(31, 0, 16)
        if number == 0:
            field = column - parameters.within(23, 1, column)
            if field not in inputs:
                inputs.append(field)
            if len(inputs) > MAX_INPUTS:
                raise Refused("a formula has more than 8 inputs")
            operations.append((inputs.index(field), None))
        elif number == 1:
            operations.append((CONSTANT, to_double(8, parameters.bits(64))))
        else:
            operations.append((number + 7, None))
    if not inputs:
        raise Refused("a formula has no inputs")
    formula = checked(Formula(inputs, operations))
    both = parameters.bits(64)
    gain, shift = to_double(8, both >> 32 << 32), to_double(8, both << 32 & (1 << 64) - 1)
    if not (math.isfinite(gain) and math.isfinite(shift)):
        raise Refused("a factor of a formula is not finite")
    return TableRelation(formula, gain, shift)
