"""The passes over a field, their points and their neighbours (format-numbers.md 5)."""

from dataclasses import dataclass
from itertools import product
from math import isqrt, prod

OUTER, REFINED, INNER = range(3)
REACH = (0, 64, 6, 3, 2)
EARLIER, ALIKE, LATER = range(3)


@dataclass
class Neighbour:
    offset: tuple
    # How much further its index is.
    distance: int
    alike: bool
    weight: int


@dataclass
class Pass:
    number: int
    first: list
    step: list
    unit: list
    level: int
    neighbours: list = None
    closest: int = 0
    below: list = None
    above: list = None


def field_passes(lengths, method):
    refined = [a for a in range(4) if method.kinds[a] == REFINED and lengths[a] > 1]
    levels = method.levels if refined else 0

    def everywhere(n):
        return [n if a in refined else 1 for a in range(4)]

    coarsest = everywhere(1 << levels)
    passes = [Pass(0, [0] * 4, coarsest, coarsest, levels)]
    add_neighbours(passes[0], lengths, method, lambda offset: ALIKE)
    between = sorted(range(1, 1 << len(refined)), key=lambda axes: (axes.bit_count(), axes))
    for level in reversed(range(levels)):
        for rank, axes in enumerate(between):
            first = [0] * 4
            for k, axis in enumerate(refined):
                first[axis] = (axes >> k & 1) << level
            if any(f >= length for f, length in zip(first, lengths)):
                continue
            own = Pass(len(passes), first, everywhere(2 << level), everywhere(1 << level), level)

            def known(offset):
                other = axes
                for k, axis in enumerate(refined):
                    other ^= (offset[axis] & 1) << k
                if other == axes:
                    return ALIKE
                return EARLIER if other == 0 or other in between[:rank] else LATER

            add_neighbours(own, lengths, method, known)
            passes.append(own)
    return passes


def add_neighbours(own, lengths, method, known):
    reach = REACH[sum(length > 1 for length in lengths)]
    candidates = []
    ranges = []
    for length, unit in zip(lengths, own.unit):
        most = min(reach, (length - 1) // unit)
        ranges.append(range(-most, most + 1))
    for offset in product(*ranges):
        first = next((o for o in offset if o), None)
        if first is None:
            continue
        kind = known(offset)
        outer = next((o for a, o in enumerate(offset) if o and method.kinds[a] == OUTER), None)
        if outer is not None:
            is_known = outer < 0
        else:
            is_known = kind == EARLIER or kind == ALIKE and first < 0
        if is_known:
            squared = 0
            for o, unit, roughness in zip(offset, own.unit, method.roughness):
                squared += min(1 << 22, abs(o) * unit * roughness) ** 2
            candidates.append((squared, offset, kind == ALIKE))
    candidates.sort()
    candidates = candidates[: method.neighbours]
    least = candidates[0][0] if candidates else 1
    strides = [prod(lengths[a + 1 :]) for a in range(4)]
    own.neighbours = []
    for squared, offset, alike in candidates:
        distance = sum(o * unit * stride for o, unit, stride in zip(offset, own.unit, strides))
        weight = max(1, min(256, isqrt((least << 16) // max(1, squared))))
        own.neighbours.append(Neighbour(offset, distance, alike, weight))
    own.closest = sum(squared == least for squared, _, _ in candidates)
    own.below = [max([0] + [-offset[a] for _, offset, _ in candidates]) for a in range(4)]
    own.above = [max([0] + [offset[a] for _, offset, _ in candidates]) for a in range(4)]


def points(lengths, method, passes):
    """All points in the order in which they are coded, each with its pass."""
    slices = [range(lengths[a]) if method.kinds[a] == OUTER else (None,) for a in range(4)]
    for slice_ in product(*slices):
        for own in passes:
            along = []
            for a in range(4):
                if slice_[a] is None:
                    along.append(range(own.first[a], lengths[a], own.step[a]))
                else:
                    along.append((slice_[a],))
            for point in product(*along):
                yield own, point
