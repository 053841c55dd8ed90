"""Hashes of contexts, and the tables of hashed context slots (sections 15 and 16)."""

from collections import defaultdict

from probability import Counter

MASK = (1 << 64) - 1
K = 0x9E3779B97F4A7C15


def fold(h, v):
    h = ((h ^ v) + 1) * K & MASK
    return h ^ h >> 29


def times_k(h):
    return h * K & MASK


def bit_length_within(length, least, greatest):
    return max(least, min(greatest, length))


class Slot:
    """A check, and the counters of four bits' tree, by node."""

    def __init__(self, check):
        self.check = check
        self.counters = defaultdict(Counter)

    def seen(self):
        return self.counters[1].seen


class ContextTable:
    """The slots of one context. One that is not in `slots` has the check 0 and counters that have seen nothing."""

    def __init__(self, bits):
        self.bits = bits
        self.slots = {}

    def find(self, hashed):
        home = hashed >> 64 - self.bits
        check = hashed >> 8 & 65535
        for index in (home, home ^ 1):
            slot = self.slots.get(index)
            if slot and slot.check == check and slot.seen():
                return slot
        index = min((home, home ^ 1), key=self.seen)
        slot = self.slots.get(index)
        if slot:
            # Made fresh where it stands: a lane that found it before learns in the fresh one.
            slot.__init__(check)
        else:
            slot = self.slots[index] = Slot(check)
        return slot

    def seen(self, index):
        slot = self.slots.get(index)
        return slot.seen() if slot else 0
