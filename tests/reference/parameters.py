"""Bit states and the parameters of a frame of numbers (format.md 23, format-numbers.md 2)."""

from reader import Refused

CONTEXTS = 32


class BitState:
    """The probability of a 0, and how many bits it has seen."""

    __slots__ = ("zero", "seen")

    def __init__(self):
        self.zero, self.seen = 32768, 0

    def learn(self, bit):
        error = (0 if bit else 65535) - self.zero
        moved = 2 * abs(error) // (2 * self.seen + 3)
        self.zero = max(24, min(65512, self.zero + (moved if error >= 0 else -moved)))
        self.seen = min(62, self.seen + 1)


def s64(x):
    x &= (1 << 64) - 1
    return x - (1 << 64) if x >> 63 else x


def sat64(x):
    return max(-(1 << 63), min((1 << 63) - 1, x))


def quot(a, b):
    """a / b, rounded towards zero, for a positive b."""
    return a // b if a >= 0 else -(-a // b)


class Parameters:
    """The stream of a frame of numbers: bits, and integers made of them."""

    def __init__(self, decoder):
        self.decoder = decoder
        # By what they are and where; all begin the same.
        self.states = {}
        self.long = [BitState() for _ in range(CONTEXTS)]

    def bit(self, state):
        bit = self.decoder.bit(65536 - state.zero)
        state.learn(bit)
        return bit

    def even(self):
        return self.decoder.bit(32768)

    def bits(self, count):
        value = 0
        for _ in range(count):
            value = value << 1 | self.even()
        return value

    def named(self, *name):
        """A bit under the state of this name."""
        return self.bit(self.states.setdefault(name, BitState()))

    def number(self, context):
        if not self.named("zero", context):
            return 0
        negative = self.named("negative", context)
        length = 1
        while length < 31 and self.named("longer", context, length):
            length += 1
        magnitude = 1
        for k in range(length - 1):
            if k == 0:
                bit = self.named("upper", length, 0)
            elif k == 1:
                bit = self.named("upper", length, 1 + (magnitude & 1))
            else:
                bit = self.even()
            magnitude = magnitude << 1 | bit
        return -magnitude if negative else magnitude

    def integer(self, context):
        if self.bit(self.long[context]):
            return s64(self.bits(64))
        return self.number(context)

    def within(self, context, least, greatest):
        value = self.integer(context) & (1 << 64) - 1
        if not least <= value <= greatest:
            raise Refused(f"a parameter is {value}, not from {least} to {greatest}")
        return value
