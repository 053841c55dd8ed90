"""Binary decisions of fields (format-numbers.md 5, "Binary decisions")."""

from parameters import quot
from probability import RunCounter, squash, stretch

CONTEXTS = 10


class WeightSet:
    def __init__(self):
        self.weights = [13107] * (CONTEXTS + 1)
        self.seen = 0

    def logit(self, inputs):
        total = sum(map(int.__mul__, self.weights, inputs))
        return max(-2047, min(2047, total >> 16))

    def learn(self, inputs, logit, bit):
        step = ((bit << 16) - squash(logit)) * (3 + 160 // (self.seen + 10))
        self.seen = min(1000, self.seen + 1)
        for k, x in enumerate(inputs):
            moved = self.weights[k] + (x * step + (1 << 17) >> 18)
            self.weights[k] = max(-524288, min(524288, moved))


class Decisions:
    """Counters, weight sets and rows of knots are made when they are first used."""

    def __init__(self, decoder):
        self.decoder = decoder
        self.counters, self.sets, self.rows = {}, {}, {}
        self.contexts, self.selected, self.row = [], [], 0

    def observe(self, contexts, selected, row):
        self.contexts, self.selected, self.row = contexts, selected, row

    def decide(self, node):
        counters = [self.counters.setdefault((j, c, node), RunCounter()) for j, c in enumerate(self.contexts)]
        inputs = [stretch(counter.probability()) for counter in counters] + [256]
        sets = [self.sets.setdefault((i, s, node), WeightSet()) for i, s in enumerate(self.selected)]
        logits = [weight_set.logit(inputs) for weight_set in sets]
        logit = quot(sum(logits), 2)
        knots = self.rows.setdefault((self.row, node), None)
        if knots is None:
            knots = self.rows[self.row, node] = [squash(176 * (k - 16)) for k in range(33)]
        k, past = divmod(logit + 2816, 176)
        worth = (knots[k] * (176 - past) + knots[k + 1] * past) // 176
        bit = self.decoder.bit(max(1, min(65535, (squash(logit) + worth + 1) // 2)))
        k += past >= 88
        knots[k] = max(1, knots[k] + (bit * 65535 - knots[k] >> 6))
        for weight_set, own in zip(sets, logits):
            weight_set.learn(inputs, own, bit)
        for counter in counters:
            counter.learn(bit)
        return bit
