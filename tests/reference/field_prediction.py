"""Predictions of a field's values from their neighbours (format-numbers.md 5, "Neighbours observed" and "Prediction")."""

from linear import LinearPrediction, Moments
from parameters import quot, s64, sat64
from passes import REFINED

CHANNELS = 8
MAX_LINEAR = 4096


class Prediction:
    """What is known of a point: its neighbours first, then what is predicted from them."""

    def __init__(self, own, point):
        self.own, self.point = own, point
        self.indices = []
        self.differences = []
        self.filling = self.base = self.centre = 0
        self.spread = self.disagreement = 0
        self.channel = self.class_ = 0
        self.experts = []
        self.linear = self.tile = self.tile_prior = None


class Predictor:
    def __init__(self, lengths, method, passes):
        self.lengths, self.method = lengths, method
        self.misses = {}
        self.made = 0
        self.classes = [{} for _ in passes]
        self.tiles = [{} for _ in passes]
        self.shared = [[Moments(len(own.neighbours)) for _ in range(CHANNELS)] for own in passes]

    def inside(self, own, point, at):
        """The index of each neighbour, None for those outside of the field."""
        indices = []
        for neighbour in own.neighbours:
            there = [p + o * unit for p, o, unit in zip(point, neighbour.offset, own.unit)]
            is_inside = all(0 <= p < length for p, length in zip(there, self.lengths))
            indices.append(at + neighbour.distance if is_inside else None)
        return indices

    def observe(self, own, point, indices, values, absent):
        found = Prediction(own, point)
        found.class_ = self.class_of(own, point)
        inside = [values[i] for i in indices if i is not None]
        found.filling = mean(inside[:6]) if inside else self.method.origin
        found.indices = [None if i is None or absent[i] else i for i in indices]
        present = [i for i in found.indices if i is not None]
        closest = [values[i] for i in found.indices[: own.closest] if i is not None]
        if closest:
            found.base = mean(closest)
        else:
            found.base = values[present[0]] if present else found.filling
        found.differences = [0 if i is None else s64(values[i] - found.base) for i in found.indices]
        return found

    def class_of(self, own, point):
        class_ = 0
        for a in range(4):
            before = point[a] // own.unit[a]
            after = (self.lengths[a] - 1 - point[a]) // own.unit[a]
            digit = 0
            if before < own.below[a]:
                digit = 1 + min(1, before)
            elif after < own.above[a]:
                digit = 3 + min(1, after)
            class_ = 5 * class_ + digit
        return class_

    def predict(self, found):
        own, method = found.own, self.method
        found.channel = found.point[3] % CHANNELS if method.channels else 0
        differences = found.differences
        first = [0] + differences[:8]
        found.spread = max(first) - min(first)
        found.linear, _ = self.entry(self.classes[own.number], found.class_ * CHANNELS + found.channel, own)
        found.experts = found.linear.predictions(differences) * 2
        if found.class_ == 0:
            shared = self.shared[own.number]
            index = self.tile_of(own, found.point) * CHANNELS + found.channel
            found.tile, index = self.entry(self.tiles[own.number], index, own)
            found.tile.start(shared[found.channel])
            found.tile_prior = shared[index % CHANNELS]
            found.experts = found.experts[:2] + found.tile.predictions(differences)
        found.centre = sat64(found.base + blend(found.experts, self.penalties(found)))
        found.disagreement = max(found.experts) - min(found.experts)

    def entry(self, entries, index, own):
        if index not in entries:
            if self.made < MAX_LINEAR:
                self.made += 1
            else:
                index = 0
        if index not in entries:
            entries[index] = LinearPrediction(len(own.neighbours), self.method.shift)
        return entries[index], index

    def tile_of(self, own, point):
        tile = 0
        for a in range(4):
            length = self.method.tile[a] * (own.step[a] if self.method.kinds[a] == REFINED else 1)
            count, number = (-(-self.lengths[a] // length), point[a] // length) if length else (1, 0)
            tile = tile * count + number
        return tile

    def penalties(self, found):
        penalties = [1] * 4
        judges = 0
        for k, (neighbour, i) in enumerate(zip(found.own.neighbours, found.indices)):
            if i is None or not (neighbour.alike or k < 4) or judges == 8:
                continue
            judges += 1
            for e, miss in enumerate(self.misses.get(i, (0,) * 4)):
                penalties[e] += miss**2 * neighbour.weight
        return penalties

    def learn(self, found, at, value):
        target = s64(value - found.base)
        self.misses[at] = [min(1 << 25, abs(s64(target - e)) >> 4) for e in found.experts]
        found.linear.learn(found.differences, target, 11, None)
        if found.tile:
            found.tile.learn(found.differences, target, self.method.memory, found.tile_prior)


def mean(numbers):
    total = 0
    for number in numbers:
        total = sat64(total + number)
    return quot(total, len(numbers))


def blend(experts, penalties):
    least = min(penalties)
    shift = max(0, least.bit_length() - 47)
    weights = []
    for penalty in penalties:
        ratio = ((least >> shift) << 16) // (penalty >> shift)
        weights.append(ratio * ratio >> 16)
    return quot(sum(map(int.__mul__, weights, experts)), sum(weights))
