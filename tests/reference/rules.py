"""Rules: which numbers of a field come first (section 25).

A rule has `count` members, and `member(i)` is the ordered code of the one of number i. They are strictly increasing.
"""

import floats


class Dictionary:
    def __init__(self, values):
        self.values = values
        self.count = len(values)

    def member(self, index):
        return self.values[index]


class Magnitudes:
    """Floats whose magnitudes are named: zero once, all others with both signs."""

    def __init__(self, width, magnitudes, magnitude):
        self.zero = 1 << 8 * width - 1
        self.magnitudes = magnitudes
        self.magnitude = magnitude
        self.count = 2 * magnitudes - 1

    def member(self, index):
        rank = index - (self.magnitudes - 1)
        if rank >= 0:
            return self.zero + self.magnitude(rank)
        return self.zero - 1 - self.magnitude(-rank)


def step(width, numerator, denominator):
    """Multiples of a fraction."""
    precision, _ = floats.FORMATS[width]
    # The greatest e with 2^e < numerator / denominator.
    e = numerator.bit_length() - denominator.bit_length()
    while not less(e, numerator, denominator):
        e -= 1
    greatest, _, _ = floats.shifted(((1 << precision) - 1) * denominator, numerator, -e)
    limit = floats.from_quotient(width, 1 << max(0, e + precision), 1 << max(0, -e - precision), True)

    def magnitude(rank):
        if rank > greatest:
            return limit + rank - greatest - 1
        return floats.from_quotient(width, rank * numerator, denominator, True)

    return Magnitudes(width, greatest + 1 + floats.infinity(width) - limit + 1, magnitude)


def less(e, numerator, denominator):
    """Whether 2^e < numerator / denominator."""
    return denominator << max(0, e) < numerator << max(0, -e)


def digits(width, count, decimals):
    """Decimal numbers of a limited number of digits."""
    limit = floats.from_quotient(width, 10**19, 1, True)
    first = 10**count
    block = first - first // 10
    blocks = 19 + decimals - count

    def magnitude(rank):
        if rank < first:
            return decimal(rank, -decimals)
        number, index = divmod(rank - first, block)
        if number < blocks:
            return decimal(first // 10 + index, number + 1 - decimals)
        return limit + rank - first - blocks * block

    def decimal(number, power):
        return floats.from_quotient(width, number * 10 ** max(0, power), 10 ** max(0, -power), True)

    return Magnitudes(width, first + blocks * block + floats.infinity(width) - limit + 1, magnitude)


def Coarse(width, cut):
    """Floats whose last bits are 0."""
    return Magnitudes(width, (floats.infinity(width) >> cut) + 1, lambda rank: rank << cut)


def first_index(count, holds):
    """The least index below `count` for which `holds`, or `count`; it holds for all behind that one."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def members_below(rule, code):
    return first_index(rule.count, lambda index: rule.member(index) >= code)


def from_index(rule, index):
    """The ordered code that has this code under the rule."""
    if rule is None:
        return index
    if index < rule.count:
        return rule.member(index)
    # Not a member: as many codes that are none lie below it as the index exceeds the number of members.
    others = index - rule.count
    return others + first_index(rule.count, lambda index: rule.member(index) - index > others)


def nearest_index(rule, code):
    """The code under the rule of the member that is nearest to an ordered code, of two the lower one."""
    if rule is None:
        return code
    below = members_below(rule, code)
    if below == rule.count:
        return below - 1
    if below > 0 and code - rule.member(below - 1) <= rule.member(below) - code:
        return below - 1
    return below
