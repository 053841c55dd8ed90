"""The range decoder of one stream (section 12)."""

from reader import Refused

WORD = 32
MASK = (1 << 64) - 1


class RangeDecoder:
    def __init__(self, words):
        self.words = words
        self.next = 0
        self.lower = 0
        self.range = MASK
        self.point = 0
        # A stream without words takes one of those behind its end, any other one two.
        for _ in range(2 if words else 1):
            self.point = self.point << WORD | self.word()

    def word(self):
        """The next word; behind the end zeros, of which a valid stream needs two at most."""
        self.next += 1
        if self.next <= len(self.words):
            return self.words[self.next - 1]
        if self.next > len(self.words) + 2:
            raise Refused("a stream ends too early")
        return 0

    def bit(self, probability):
        """A bit that is 1 with `probability` / 65536."""
        scale = self.range >> 24
        quantile = (self.point - self.lower & MASK) // scale
        if quantile >= 1 << 24:
            raise Refused("a stream names a point that no bit leads to")
        ones = probability << 8
        if quantile < ones:
            self.range = scale * ones
            bit = 1
        else:
            self.lower = self.lower + scale * ones & MASK
            self.range = scale * ((1 << 24) - ones)
            bit = 0
        if self.range >> WORD == 0:
            self.range <<= WORD
            self.lower = self.lower << WORD & MASK
            self.point = self.point << WORD & MASK | self.word()
        return bit

    def finish(self):
        if self.next < len(self.words):
            raise Refused("a stream has words that were not read")
