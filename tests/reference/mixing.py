"""Mixers with weight sets, and the refinement of their probability by APM stages (sections 19 to 21)."""

from probability import LIMIT, Probability, squash

NARROW_LIMIT = 2047
ONE = 1 << 28


def clamp(x, least, greatest):
    return max(least, min(greatest, x))


def sat16(x):
    return clamp(x, -32768, 32767)


def numbered(inputs):
    """The inputs that are not 0, with their numbers: the others neither add to a sum nor change a weight."""
    return [(i, x) for i, x in enumerate(inputs) if x]


class Weights:
    """The weights of one set at one node, and how many bits they have learned, up to 255."""

    def __init__(self, first):
        self.values = list(first)
        self.seen = 0

    def logit(self, inputs):
        total = 0
        for i, x in inputs:
            total += x * (self.values[i] >> 16) + (1 << 14) >> 15
            if not -32768 <= total <= 32767:
                total = sat16(total)
        return total

    def learn(self, inputs, logit, bit):
        error = ((bit << 16) - squash(logit)) * (256 + 4096 // (self.seen + 8))
        error = error + (1 << 10) >> 11
        for i, x in inputs:
            weight = self.values[i] + (x >> 4) * error
            if not -ONE * 8 <= weight < ONE * 8:
                # The upper half saturates, the lower one wraps.
                weight = sat16(weight >> 16) << 16 | weight & 65535
            self.values[i] = weight
        self.seen = min(255, self.seen + 1)


class Mixer:
    """Weight sets by what selects them, each with weights at every node."""

    def __init__(self, first, limit):
        self.first = first
        self.limit = limit
        self.sets = {}

    def weights(self, selected, node):
        key = (selected, node)
        if key not in self.sets:
            self.sets[key] = Weights(self.first)
        return self.sets[key]


class FinalMixer:
    """Several mixers with the same inputs, and one that mixes their logits."""

    def __init__(self, contexts, experts, mixers):
        share = ONE // contexts
        first = [ONE // 3, *[share, 0] * contexts, *[ONE // (2 * contexts)] * (experts + 1)]
        self.mixers = [Mixer(first, NARROW_LIMIT) for _ in range(mixers)]
        self.last = Mixer([ONE // mixers] * mixers, LIMIT)

    def mix(self, inputs, node, selected, last_selected):
        """The last logit, and what learning needs."""
        inputs = numbered(inputs)
        chosen = [mixer.weights(s, node) for mixer, s in zip(self.mixers, selected)]
        logits = [clamp(weights.logit(inputs), -NARROW_LIMIT, NARROW_LIMIT) for weights in chosen]
        last = self.last.weights(last_selected, node)
        last_inputs = numbered(logit << 3 for logit in logits)
        logit = clamp(last.logit(last_inputs), -LIMIT, LIMIT)
        return logit, (chosen, inputs, logits, last, last_inputs, logit)


def learn_mixed(mixed, bit):
    """Learns a bit; returns its error."""
    chosen, inputs, logits, last, last_inputs, logit = mixed
    last.learn(last_inputs, logit, bit)
    error = abs((bit << 16) - squash(logit))
    if error >= 512:
        for weights, own_logit in zip(chosen, logits):
            weights.learn(inputs, own_logit, bit)
    return error


class Apm:
    """An adaptive map from a logit to a probability, by a selector: 33 points, joined by lines."""

    STEP = 176

    def __init__(self):
        self.points = {}

    def read(self, selector, logit):
        """The probability, and the point that is to learn."""
        if selector not in self.points:
            self.points[selector] = [Probability(squash(self.STEP * i - 2816)) for i in range(33)]
        points = self.points[selector]
        i, rest = divmod(logit + 2816, self.STEP)
        probability = (points[i].p * (self.STEP - rest) + points[i + 1].p * rest) // self.STEP
        return probability, points[i + (rest >= 88)]
