"""Predictions of a field's codes, undone (section 26)."""

from dataclasses import dataclass

import floats
from rules import nearest_index

UNSIGNED, SIGNED, FLOAT = range(3)


def from_zigzag(z, bits):
    if z & 1:
        return (1 << bits) - (z + 1) // 2
    return z // 2


def clamp(x, least, greatest):
    return max(least, min(greatest, x))


def wrap64(x):
    """The signed number of 64 bits that x wraps to."""
    return (x + (1 << 63)) % (1 << 64) - (1 << 63)


@dataclass
class Differences:
    """How often differences are taken by element, row and plane."""

    times: tuple

    def undo(self, numbers, bits, steps):
        mask = (1 << bits) - 1
        codes = [from_zigzag(z, bits) for z in numbers]
        for times, step in reversed(list(zip(self.times, steps))):
            for _ in range(times if step else 0):
                for i in range(step, len(codes)):
                    codes[i] = codes[i] + codes[i - step] & mask
        return codes


@dataclass
class Stencil:
    shift: int
    lags: list
    weights: list

    def undo(self, numbers, field):
        bits = 8 * field.width
        mask = (1 << bits) - 1
        as_fixed_point = field.kind == FLOAT and field.rule is None
        reach = max(self.lags)
        codes, values = [], []
        for i, z in enumerate(numbers):
            if i == 0:
                predicted = 1 << bits - 1
            elif i < reach:
                predicted = codes[i - 1]
            else:
                base = values[i - self.lags[0]]
                total = 1 << 11
                for lag, weight in zip(self.lags[1:], self.weights):
                    total += wrap64(values[i - lag] - base) * weight
                value = clamp(base + (total >> 12), -(1 << 63), (1 << 63) - 1)
                predicted = self.code(value, field.width) if as_fixed_point else code_of_integer(value, bits)
            code = predicted + from_zigzag(z, bits) & mask
            codes.append(code)
            values.append(self.value(code, field.width) if as_fixed_point else code - (1 << bits - 1))
        return codes

    def value(self, code, width):
        """The number of a float's ordered code in fixed point."""
        zero = 1 << 8 * width - 1
        pattern = code - zero if code >= zero else zero - 1 - code
        if pattern >= floats.infinity(width):
            return 0
        significand, exponent = floats.value(width, pattern)
        exponent += self.shift
        # Beyond 2^60 all are the same; a shift by more than that many bits need not be made.
        magnitude = significand << min(exponent, 64) if exponent >= 0 else significand >> -exponent
        magnitude = min(magnitude, 1 << 60)
        return magnitude if code >= zero else -magnitude

    def code(self, value, width):
        zero = 1 << 8 * width - 1
        numerator = abs(value) << max(0, -self.shift)
        pattern = floats.from_quotient(width, numerator, 1 << max(0, self.shift), False)
        precision, _ = floats.FORMATS[width]
        if pattern < 1 << precision - 1:
            pattern = 0
        return zero - 1 - pattern if value < 0 else zero + pattern


def code_of_integer(value, bits):
    half = 1 << bits - 1
    return clamp(value, -half, half - 1) + half


@dataclass
class Relation:
    """Another number of the same record, from a formula."""

    formula: object

    def undo(self, numbers, field, values):
        bits = 8 * field.width
        mask = (1 << bits) - 1
        predicted = (nearest_index(field.rule, nearest_code(field, value)) for value in values)
        return [y + from_zigzag(z, bits) & mask for y, z in zip(predicted, numbers)]


def nearest_code(field, value):
    """The ordered code of the number of a field that is nearest to a finite double."""
    half = 1 << 8 * field.width - 1
    if field.kind == FLOAT:
        numerator, denominator = abs(value).as_integer_ratio()
        pattern = floats.from_quotient(field.width, numerator, denominator, True)
        return half - 1 - pattern if value < 0 else half + pattern
    if field.kind == SIGNED:
        return clamp(round(value), -half, half - 1) + half
    return clamp(round(value), 0, 2 * half - 1)
