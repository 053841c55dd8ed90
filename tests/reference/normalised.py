"""Between numbers and those that an autoencoder knows (format-numbers.md 7, "Normalised numbers" and "Masked")."""

import math

from grids import INTEGER, UNIFORM
from parameters import quot, sat64
from tracks import clamp

LIMIT, WIDE_LIMIT, ONE = 1 << 28, 1 << 44, 1 << 20


def composed(mantissa, exponent):
    half = quot(exponent, 2)
    return float(mantissa) * math.ldexp(1.0, half) * math.ldexp(1.0, exponent - half)


def sign(x):
    return (x > 0) - (x < 0)


def compand(x):
    a = abs(x) + ONE
    n = a.bit_length() - 21
    return sign(x) * ((n << 20) + (a >> n) - ONE)


def expand(x):
    n = abs(x) >> 20
    if n > 24:
        return sign(x) * WIDE_LIMIT
    return sign(x) * ((ONE + (abs(x) & ONE - 1) << n) - ONE)


def expanded(x, companding):
    return expand(x) if companding else clamp(x, -LIMIT, LIMIT)


def rounded(x):
    """The nearest integer, halves away from zero."""
    whole = math.trunc(x)
    return whole + sign(x) if abs(x - whole) >= 0.5 else whole


class Column:
    """A column's centre and scale, and whether it is companded."""

    def __init__(self, normalisation, number):
        self.centre = composed(normalisation.centre[number], normalisation.centre_exponent[number])
        self.scale = composed(normalisation.scale[number], normalisation.scale_exponent[number])
        self.companding = normalisation.companding[number]

    def number(self, normal):
        value = self.centre + self.scale * (float(expanded(normal, self.companding)) * 2.0**-20)
        return 0.0 if math.isnan(value) else value


class Map:
    """From fine units of a grid to normalised numbers, and back."""

    def __init__(self, origin, multiplier, shift, companding):
        self.origin, self.multiplier, self.shift, self.companding = origin, multiplier, shift, companding

    def normal(self, fine):
        x = (fine - self.origin) * self.multiplier >> self.shift
        if self.companding:
            return compand(clamp(x, -WIDE_LIMIT, WIDE_LIMIT))
        return clamp(x, -LIMIT, LIMIT)

    def fine(self, normal):
        rest = max(0, self.shift - 80)
        d = (expanded(normal, self.companding) << min(80, self.shift)) // self.multiplier
        most = (1 << 63) - 1 >> rest
        return sat64(self.origin + (clamp(d, -most, most) << rest))


def map_of(column, grid):
    """None if there is none."""
    if grid.kind not in (UNIFORM, INTEGER):
        return None
    unit = float(grid.step) / 4096.0
    # A step is never 0, but a scale may have become 0 or infinite.
    origin = column.centre / unit
    ratio = unit / column.scale * 2.0**20 if column.scale else math.inf
    if not (abs(origin) < 2.0**62 and 2.0**-1022 <= ratio < 2.0**40):
        return None
    origin = rounded(origin)
    exponent = math.frexp(ratio)[1] - 1
    shift = clamp(30 - exponent, 0, 100)
    multiplier = rounded(ratio * 2.0**shift)
    if not 1 <= multiplier <= 1 << 40 or not abs(origin) < 1 << 62:
        return None
    return Map(origin - (grid.offset << 8), multiplier, shift, column.companding)
