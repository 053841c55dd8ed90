"""How far off predictions of a column were, and distributions around them
(format-numbers.md 6, "Errors and means" and "Distributions")."""

from parameters import quot, s64, sat64
from probability import squash


def clamp(x, least, greatest):
    return max(least, min(greatest, x))


def fold(hash_, value):
    """What the document calls mix."""
    mask = (1 << 64) - 1
    x = (hash_ ^ value * 0xD6E8FEB86659FD93 & mask) * 0x9E3779B97F4A7C15 & mask
    return (x ^ x >> 32) * 0xD6E8FEB86659FD93 & mask


class Track:
    def __init__(self, error=0, seen=0):
        self.error, self.seen = error, seen

    def miss(self, came, predicted):
        error = min(1 << 40, abs(sat64(came - predicted)))
        if self.seen == 0:
            self.error = error
        self.seen += 1
        self.error += quot(error - self.error, min(64, self.seen))


class Graded:
    def __init__(self):
        self.all = Track()
        self.classes = [Track() for _ in range(64)]

    def track(self, class_):
        own = self.classes[class_]
        return own if own.seen else self.all

    def miss(self, class_, came, predicted):
        self.all.miss(came, predicted)
        if self.classes[class_].seen == 0:
            self.classes[class_] = Track(self.all.error, 1)
        self.classes[class_].miss(came, predicted)

    def around(self, class_, predicted):
        return Distribution(predicted, self.track(class_).error)

    def alike(self, class_, predicted):
        n = max(1, self.track(class_).error >> 8).bit_length() - 1
        return n << 48 ^ (predicted >> 8 >> max(0, n - 1)) & (1 << 64) - 1


class Mean:
    def __init__(self, mean=0):
        self.mean, self.error, self.seen = mean, 0, 0

    def add(self, came):
        error = abs(came - self.mean)
        if self.seen == 0:
            self.error = error
        self.seen += 1
        self.error += quot(error - self.error, min(64, self.seen))
        self.mean += quot(came - self.mean, min(4096, self.seen + 1))

    def add_conditional(self, came, error):
        if self.seen == 0:
            self.mean, self.error = came, error
        self.seen += 1
        self.error += quot(abs(came - self.mean) - self.error, min(60, self.seen + 1))
        self.mean += quot(came - self.mean, min(60, self.seen))

    def distribution(self):
        return Distribution(self.mean, self.error)


class Conditional:
    def __init__(self):
        self.means = {}

    def at(self, hash_):
        index, check = hash_ >> 51, hash_ & 0xFFFFFFFF | 1
        if index not in self.means or self.means[index][0] != check:
            self.means[index] = (check, Mean())
        return self.means[index][1]


def ln_cosh_table():
    table, total = [0], 0
    for k in range(1024):
        total += 2 * squash(4 * k + 2) - 65536
        table.append((total // 128 + 128) // 256)
    return table


LN_COSH = ln_cosh_table()


class Distribution:
    def __init__(self, mean, error):
        scale = max(24, clamp(error, 0, 1 << 40) * 10 // 16)
        self.shift = 16 + scale.bit_length() - 1
        self.factor = (64 << self.shift) // scale
        self.mean = clamp(mean, -(1 << 44), 1 << 44)

    def edge(self, integer):
        x = abs(s64(((integer << 8) - 128 - self.mean) * self.factor >> self.shift))
        return LN_COSH[x] if x <= 1024 else 2 * min(1 << 40, x) - 177
