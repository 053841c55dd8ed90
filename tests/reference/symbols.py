"""The symbols of a table's columns, bit by bit (format-numbers.md 6, "Symbols")."""

from parameters import quot
from probability import squash, stretch
from tracks import Conditional, Distribution, Graded, Mean, Track, clamp, fold

CONTEXTS = 10
INPUTS = 24


def bucket(symbol, median):
    distance = abs(symbol - median)
    if distance == 0:
        return 0
    n = distance.bit_length() - 1
    return 2 * (4 * n + (4 * distance >> n & 3) + 1) + (symbol < median)


class Slot:
    def __init__(self, check=0):
        self.check = check
        self.p, self.seen = [32768] * 15, [0] * 15

    def input(self, node):
        n = self.seen[node]
        return clamp(stretch(self.p[node]) * (512 * n // (2 * n + 3)) >> 8, -2047, 2047)

    def learn(self, node, bit):
        p, n = self.p[node], self.seen[node]
        self.p[node] = clamp(p + ((bit * 65535 - p) * (131072 // (2 * n + 3)) >> 16), 16, 65519)
        self.seen[node] = min(250, n + 1)


class Slots:
    def __init__(self, bits):
        self.bits, self.slots = bits, {}

    def find(self, hash_):
        home, check = hash_ >> 64 - self.bits, hash_ >> 8 & 0xFFFF | 1
        both = [self.slots.setdefault(index, Slot()) for index in (home, home ^ 1)]
        for slot, index in zip(both, (home, home ^ 1)):
            if slot.check == check:
                return index
        index = home ^ 1 if both[1].seen[0] < both[0].seen[0] else home
        self.slots[index] = Slot(check)
        return index


class WeightSet:
    def __init__(self):
        self.weights = [10922] * INPUTS
        self.seen = 0

    def logit(self, inputs):
        total = sum((w >> 4) * x for w, x in zip(self.weights, inputs))
        return clamp(total >> 12, -2047, 2047)

    def learn(self, inputs, logit, bit):
        step = ((bit << 16) - squash(logit)) * (20 + 320 // (self.seen + 4)) >> 10
        self.seen = min(255, self.seen + 1)
        for k, x in enumerate(inputs):
            self.weights[k] = clamp(self.weights[k] + (x * step + 512 >> 10), -262144, 262144)


class RowContext:
    """What is known of a row from the columns before; predictions are None where there are none."""

    def __init__(self, left, row_hash, reference, buckets, regression, formula):
        self.left, self.row_hash, self.reference, self.buckets = left, row_hash, reference, buckets
        self.regression = regression
        self.formula, self.formula_class = formula
        self.regression_class = min(63, buckets[0] // 4)

    def condition(self, k):
        first, second = self.buckets
        return fold(1, first) if k == 0 else fold(2, first // 2 << 16 | second // 2)


class SymbolModel:
    """What columns share, and what begins anew with each."""

    def __init__(self, decoder, rows, expectation):
        self.decoder, self.expectation = decoder, expectation
        self.bits = clamp(rows.bit_length() + 3, 8, 17)
        self.sets = [WeightSet() for _ in range(608)]

    def begin(self, code):
        self.code = code
        self.slots = Slots(self.bits)
        for weight_set in self.sets[:32]:
            weight_set.seen = 0
        self.conditional = Conditional()
        self.above = self.above_two = code.median
        self.above_errors = Track()
        self.mean = Mean(code.median << 8)
        self.regression, self.formula = Graded(), Graded()

    def hashes(self, context):
        first, second = context.buckets
        above, above_two = self.above, self.above_two
        expected = self.expectation.expected() if self.expectation else None
        if context.formula is not None:
            predicted = fold(12, self.formula.alike(context.formula_class, context.formula))
        elif context.regression is not None:
            predicted = fold(11, self.regression.alike(context.regression_class, context.regression))
        else:
            predicted = fold(10, second << 32 | above)
        return [
            fold(1, 0),
            fold(2, above),
            fold(3, context.left),
            fold(4, context.reference),
            fold(5, first),
            fold(6, first // 4 << 16 | second // 4),
            fold(7, above << 32 | above_two),
            fold(8, bucket(above, self.code.median) << 32 | first),
            fold(9, context.row_hash) if expected is None else fold(13, expected),
            predicted,
        ]

    def distributions(self, context):
        found = [None] * 6
        if not self.code.numeric:
            return found
        if context.regression is not None:
            found[0] = self.regression.around(context.regression_class, context.regression)
        found[1] = Distribution(self.above << 8, self.above_errors.error)
        found[2] = self.mean.distribution()
        for k in range(len(self.code.references)):
            mean = self.conditional.at(context.condition(k))
            if mean.seen:
                found[3 + k] = mean.distribution()
        if context.formula is not None:
            found[5] = self.formula.around(context.formula_class, context.formula)
        return found

    def decode(self, context):
        symbol = self.decode_bits(self.hashes(context), self.distributions(context))
        if self.code.numeric:
            self.learn(context, symbol << 8)
        self.above, self.above_two = symbol, self.above
        return symbol

    def decode_bits(self, hashes, distributions):
        depth, symbol = self.code.depth, 0
        low = [d.edge(0) if d else 0 for d in distributions]
        high = [d.edge(1 << depth) if d else 0 for d in distributions]
        for d in range(depth):
            if d % 4 == 0:
                node = 0
                found = [self.slots.find(fold(hash_, symbol | d + 1 << 40)) for hash_ in hashes]
                # Where one context has taken the slot of another, both have the new one.
                slots = [self.slots.slots[index] for index in found]
            inputs = [slot.input(node) for slot in slots]
            inputs += [clamp(a - b, -2047, 2047) for a, b in zip(low, high)]
            inputs += [0] * (INPUTS - 1 - len(inputs)) + [256]
            known = sum(slot.seen[node] > 2 for slot in slots)
            below = depth - 1 - d
            sets = [self.sets[k] for k in (d, 32 + 16 * d + known, 544 + 4 * known + min(3, below))]
            logits = [weight_set.logit(inputs) for weight_set in sets]
            logit = quot(sum(logits), 3)
            if self.expectation:
                one = self.expectation.refine(logit, 2 * symbol + 1 << below, below, known)
            else:
                one = squash(logit)
            bit = self.decoder.bit(clamp(one, 8, 65528))
            if self.expectation:
                self.expectation.learn(bit)
            for weight_set, logit in zip(sets, logits):
                weight_set.learn(inputs, logit, bit)
            for slot in slots:
                slot.learn(node, bit)
            node = 2 * node + 1 + bit
            symbol = 2 * symbol + bit
            for k, distribution in enumerate(distributions):
                if distribution and bit:
                    low[k] = distribution.edge(symbol << below)
                elif distribution:
                    high[k] = distribution.edge(symbol + 1 << below)
        return symbol

    def learn(self, context, came):
        if context.regression is not None:
            self.regression.miss(context.regression_class, came, context.regression)
        if context.formula is not None:
            self.formula.miss(context.formula_class, came, context.formula)
        self.above_errors.miss(came, self.above << 8)
        self.mean.add(came)
        for k in range(len(self.code.references)):
            self.conditional.at(context.condition(k)).add_conditional(came, self.mean.error)
