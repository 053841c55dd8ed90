"""Patterns of IEEE floats and what they stand for, exactly (sections 25 and 26)."""

import struct

# Width: bits of the significand with the hidden one, exponent of the last place of the least numbers.
FORMATS = {2: (11, -24), 4: (24, -149), 8: (53, -1074)}


def infinity(width):
    return {2: 0x7C00, 4: 0x7F800000, 8: 0x7FF0000000000000}[width]


def value(width, pattern):
    """The magnitude of a finite pattern, as an integer and the power of two that it is multiplied by."""
    precision, least = FORMATS[width]
    exponent = pattern >> precision - 1
    significand = pattern & (1 << precision - 1) - 1
    if exponent == 0:
        return significand, least
    return significand | 1 << precision - 1, least + exponent - 1


def from_quotient(width, numerator, denominator, to_nearest):
    """The pattern of numerator / denominator, rounded to nearest, ties to even, or towards zero."""
    precision, least = FORMATS[width]
    if numerator == 0:
        return 0
    # The exponent of the last place, such that the quotient has as many bits as the significand.
    last = numerator.bit_length() - denominator.bit_length() - precision
    if shifted(numerator, denominator, last)[0] >> precision:
        last += 1
    last = max(last, least)
    quotient, rest, divisor = shifted(numerator, denominator, last)
    if to_nearest and (2 * rest > divisor or 2 * rest == divisor and quotient & 1):
        quotient += 1
    # A significand with the hidden one adds 1 to the exponent; so does one rounded up to a power of two.
    pattern = (last - least << precision - 1) + quotient
    return min(pattern, infinity(width))


def shifted(numerator, denominator, last):
    """numerator / denominator / 2^last as quotient, rest and divisor."""
    if last < 0:
        numerator <<= -last
    else:
        denominator <<= last
    return *divmod(numerator, denominator), denominator


def to_double(width, pattern):
    """The number of a pattern with its sign, as a double."""
    letters = "<If" if width == 4 else "<Qd"
    return struct.unpack("<" + letters[2], struct.pack(letters[:2], pattern))[0]


def double_pattern(number):
    return struct.unpack("<Q", struct.pack("<d", number))[0]
