"""What a masked autoencoder expects of a table's cells (format-numbers.md 7, "Masked" to "What a mixture makes of a bit")."""

from bisect import bisect_left

from normalised import Column, map_of
from parameters import quot, s64
from probability import squash, stretch
from reader import Refused
from tracks import clamp

MAX_SUMS = 1 << 24
EXP2_NEG = [round(2 ** (30 - i / 256)) for i in range(257)]


def exp2n(x):
    if x >> 16 >= 30:
        return 0
    i = x >> 8 & 255
    return EXP2_NEG[i] - (EXP2_NEG[i] - EXP2_NEG[i + 1] >> 8) * (x & 255) >> (x >> 16)


def s32(x):
    x &= 0xFFFFFFFF
    return x - (1 << 32) if x >> 31 else x


def leaky(x):
    x = clamp(x, -32768, 32767)
    return x >> 3 if x < 0 else x


def at(cell):
    return clamp(cell, -(1 << 50), 1 << 50) << 12


class Mixture:
    def __init__(self, outputs):
        count = len(outputs) // 3
        top = max(outputs[:count])
        weights = [exp2n(min((1 << 32) - 1, top - x << 3)) for x in outputs[:count]]
        self.weights = [(w << 30) // max(1, sum(weights)) for w in weights]
        self.means = [clamp(x, -(1 << 21), 1 << 21) << 7 for x in outputs[count : 2 * count]]
        self.spreads = [clamp(x, -16 << 13, 6 << 13) << 3 for x in outputs[2 * count :]]
        self.inverses = [exp2n(spread & 65535) for spread in self.spreads]
        self.heavy = self.weights.index(max(self.weights))

    def below(self, x):
        total = 0
        for weight, mean, spread, inverse in zip(self.weights, self.means, self.spreads, self.inverses):
            g = exp2n(min((1 << 32) - 1, abs(x - mean) * inverse >> 34 + (spread >> 16)))
            tail = (g << 30) // ((1 << 30) + g)
            total += weight * (tail if x < mean else (1 << 30) - tail) >> 30
        return min(1 << 30, total)


class BlendSet:
    def __init__(self):
        self.weights, self.seen = [32768, 32768, 0], 0

    def logit(self, inputs):
        total = sum((w >> 4) * x for w, x in zip(self.weights, inputs))
        return clamp(total >> 12, -2047, 2047)

    def learn(self, inputs, logit, bit):
        step = ((bit << 16) - squash(logit)) * (12 + 192 // (self.seen + 4)) >> 10
        self.seen = min(255, self.seen + 1)
        for k, x in enumerate(inputs):
            self.weights[k] = clamp(self.weights[k] + (x * step + 512 >> 10), -262144, 262144)


class Expectation:
    """A masked autoencoder on its way through a table."""

    def __init__(self, masked, numbers, grids, rows):
        """`numbers` are those of the coded columns in the table's shape."""
        if rows * masked.hidden > MAX_SUMS:
            raise Refused("a table has too many rows for its autoencoder")
        self.masked, self.numbers = masked, numbers
        self.maps = [map_of(Column(masked.normalisation, n), grid) for n, grid in zip(numbers, grids)]
        self.sums = [list(masked.start) for _ in range(rows)]
        self.sets = [BlendSet() for _ in range(450)]
        self.mixture = None

    def begin(self, column, code):
        self.number, self.map, self.code = self.numbers[column], self.maps[column], code
        self.before = 0

    def enter(self, row, predicted):
        if self.masked.previous:
            self.add(self.masked.previous, row)
        self.mixture = None
        if self.map and predicted:
            self.mixture = Mixture(self.outputs(self.sums[row]))
            self.lower = self.below_edge(0)
            self.upper = self.below_edge(self.code.largest + 1)

    def leave(self, row, cell):
        """`cell` is None for what is special."""
        self.before = self.map.normal(at(cell)) if self.map and cell is not None else 0
        self.add(self.masked.input, row)

    def constant(self, column, code, rows):
        self.begin(column, code)
        for row in range(rows):
            self.enter(row, False)
            self.leave(row, code.least)

    def add(self, contributions, row):
        x = clamp(self.before, -(1 << 23), 1 << 23)
        for j, feature in enumerate((x, abs(x))):
            shift = contributions.shift[2 * self.number + j]
            v = feature + (1 << shift >> 1) >> shift
            if v:
                weights = contributions.weights[2 * self.number + j]
                self.sums[row] = [s32(total + w * v) for total, w in zip(self.sums[row], weights)]

    def outputs(self, sums):
        hidden = []
        for total, shift in zip(sums, self.masked.hidden_shift):
            hidden.append(leaky(clamp(total + (1 << shift - 1), -(1 << 31), (1 << 31) - 1) >> shift))
        count = 3 * self.masked.components
        return [self.masked.output.output(count * self.number + j, hidden) for j in range(count)]

    def edge(self, symbol):
        code = self.code
        if symbol > code.largest:
            return at(code.cell(code.largest)) + 2048
        if not code.dictionary or symbol == 0:
            return at(code.cell(symbol)) - 2048
        return (at(code.cell(symbol - 1)) >> 1) + (at(code.cell(symbol)) >> 1)

    def below_edge(self, symbol):
        return self.mixture.below(self.map.normal(self.edge(symbol)))

    def symbol(self, normal):
        cell = self.map.fine(normal) >> 12
        if self.code.dictionary:
            return bisect_left(self.code.dictionary, cell)
        return clamp(s64(cell - self.code.least), 0, self.code.largest)

    def expected(self):
        """A context, or None."""
        if not self.mixture:
            return None
        heavy = self.mixture.heavy
        n = clamp(20 + (self.mixture.spreads[heavy] >> 16), 0, 26)
        middle = clamp(self.mixture.means[heavy], -(1 << 28), 1 << 28)
        low, high = self.symbol(middle - (1 << n)), self.symbol(middle + (1 << n))
        octave = max(1, high - low).bit_length() - 1
        return octave << 32 | self.symbol(middle) >> max(0, octave - 1)

    def refine(self, logit, middle_symbol, below, known):
        """The probability of a bit from the logit of the column's model."""
        if not self.mixture:
            return squash(logit)
        self.middle = self.upper if middle_symbol > self.code.largest else self.below_edge(middle_symbol)
        u = max(0, self.upper - self.middle) + 256
        share = clamp((u << 16) // (u + max(0, self.middle - self.lower) + 256), 1, 65535)
        own = clamp(stretch(share), -2047, 2047)
        known = min(9, known)
        self.inputs = [logit, own, 256]
        selected = min(32, below) * 10 + known, 330 + min(11, abs(own) // 128) * 10 + known
        self.selected = [self.sets[k] for k in selected]
        self.logits = [blend.logit(self.inputs) for blend in self.selected]
        return squash(quot(sum(self.logits), 2))

    def learn(self, bit):
        if self.mixture:
            if bit:
                self.lower = self.middle
            else:
                self.upper = self.middle
            for blend, logit in zip(self.selected, self.logits):
                blend.learn(self.inputs, logit, bit)
