"""Logistic functions and the numbers that learn how probable a bit is (section 13)."""

from bisect import bisect_left

LIMIT = 2815


def squash_table():
    one, factor = 1 << 60, 1148426689630428643
    upper, e = [], one
    for _ in range(LIMIT + 1):
        upper.append(min(65535, ((1 << 76) + (one + e) // 2) // (one + e)))
        e = e * factor >> 60
    return [65536 - p for p in upper[:0:-1]] + upper


SQUASH = squash_table()
# For p >> 4, the least logit whose probability is at least the middle of those that share these bits.
STRETCH = [min(bisect_left(SQUASH, 16 * i + 8), 2 * LIMIT) - LIMIT for i in range(4096)]


def squash(logit):
    """The probability, in 1/65536, of a logit in 1/256."""
    return SQUASH[max(-LIMIT, min(LIMIT, logit)) + LIMIT]


def stretch(probability):
    return STRETCH[probability >> 4]


COUNTER_RATES = [65536 // (2 * n + 3) for n in range(61)]
RUN_COUNTER_RATES = [131072 // (2 * n + 3) for n in range(251)]


class Counter:
    """A probability that learns the faster the fewer bits it has seen."""

    __slots__ = ("p", "seen")

    def __init__(self):
        self.p, self.seen = 32768, 0

    def learn(self, bit):
        missing = 65535 - self.p if bit else self.p
        missing -= missing * COUNTER_RATES[self.seen] + (1 << 14) >> 15
        self.p = max(1, 65535 - missing if bit else missing)
        self.seen = min(60, self.seen + 1)


class RunCounter:
    """The same with 22 bits, for probabilities near 1."""

    def __init__(self):
        self.fine, self.seen = 1 << 21, 0

    def probability(self):
        return self.fine >> 6

    def learn(self, bit):
        goal = (1 << 22) - 1 if bit else 0
        self.fine += (goal - self.fine) * RUN_COUNTER_RATES[self.seen] >> 16
        self.seen = min(250, self.seen + 1)


class Probability:
    """An adaptive probability of one rate."""

    __slots__ = ("p",)

    def __init__(self, p):
        self.p = p

    def learn(self, bit):
        self.p = max(1, min(65535, self.p + (bit * 65535 - self.p >> 7)))
