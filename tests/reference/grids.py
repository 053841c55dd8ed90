"""Types of elements, and the grids that they are rounded to (format-numbers.md 3)."""

import math
from dataclasses import dataclass

from elementary import exp
from floats import double_pattern, from_quotient, infinity, to_double
from parameters import sat64
from reader import Refused

UNSIGNED, SIGNED, FLOAT = range(3)
NONE, UNIFORM, INTEGER, LOGARITHMIC, DECIMAL = range(5)


@dataclass(frozen=True)
class Type:
    width: int
    little_endian: bool
    kind: int

    def to_bytes(self, bits):
        return bits.to_bytes(self.width, "little" if self.little_endian else "big")

    def limits(self):
        """Of an integer; a float counts as an unsigned one."""
        bits = 8 * self.width
        return (-(1 << bits - 1), (1 << bits - 1) - 1) if self.kind == SIGNED else (0, (1 << bits) - 1)

    def from_integer(self, value):
        least, greatest = self.limits()
        return max(least, min(greatest, value)) & (1 << 8 * self.width) - 1

    def from_double(self, value):
        if self.kind != FLOAT:
            least, greatest = self.limits()
            if math.isinf(value):
                return self.from_integer(greatest if value > 0 else least)
            return self.from_integer(round(value))
        if self.width == 8:
            return double_pattern(value)
        sign = (math.copysign(1.0, value) < 0) << 8 * self.width - 1
        if math.isinf(value):
            return sign | infinity(self.width)
        numerator, denominator = abs(value).as_integer_ratio()
        return sign | from_quotient(self.width, numerator, denominator, True)


def read_type(parameters):
    number = parameters.within(28, 0, 31)
    found = Type(1 << (number >> 3), bool(number >> 2 & 1), number & 3)
    if found.kind == 3 or found.kind == FLOAT and found.width == 1:
        raise Refused("a type of elements is not known")
    return found


@dataclass(frozen=True)
class Grid:
    kind: int
    step: float = 0
    offset: int = 0
    digits: int = 0
    first: int = 0

    def bits(self, type_, fine):
        """The bits of the element at a position in fine units."""
        cell = fine >> 12
        if self.kind == INTEGER:
            return type_.from_integer(cell * self.step)
        if self.kind == UNIFORM:
            return type_.from_double(float(sat64(fine + (self.offset << 8))) * (self.step / 4096.0))
        if cell == 0:
            return type_.from_double(0.0)
        if self.kind == LOGARITHMIC:
            power = sat64(self.first + sat64(abs(cell)) - 1)
            value = exp(float(power) * self.step)
        else:
            value = self.decimal(abs(cell) - 1)
        return type_.from_double(math.copysign(value, cell))

    def decimal(self, number):
        least = 10 ** (self.digits - 1)
        decade = min(1000, number // (9 * least))
        digits = number % (9 * least) + least
        # Python rounds such a text correctly.
        return float(f"{digits}e{self.first + decade - self.digits + 1}")


def read_grid(parameters):
    """A column's grid, or None if it stays exact."""
    kind = parameters.within(16, 0, 4)
    if kind == NONE:
        return None
    if kind == UNIFORM:
        step = read_step(parameters)
        return Grid(kind, step, offset=parameters.within(18, 0, 15))
    if kind == INTEGER:
        return Grid(kind, parameters.within(17, 1, 1 << 41))
    if kind == LOGARITHMIC:
        step = read_step(parameters)
        return Grid(kind, step, first=parameters.integer(19))
    digits = parameters.within(17, 1, 17)
    return Grid(kind, digits=digits, first=max(-400, min(400, parameters.integer(19))))


def read_step(parameters):
    number = parameters.integer(17) + (1023 << 20)
    step = to_double(8, number % (1 << 32) << 32)
    if not 2.0**-1022 <= step < math.inf:
        raise Refused("the step of a grid is no normal number")
    return step
