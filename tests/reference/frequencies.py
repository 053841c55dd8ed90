"""Frequencies of 16 symbols that adapt, and the rANS decoder that uses them (format-columns.md 5 and 7)."""

from bisect import bisect_right

from reader import Refused

TOTAL = 1 << 15
LIMITS = (20, 60, 120, 250)


class Frequencies:
    def __init__(self, limit):
        self.limit = limit
        self.adapted = 0
        # Where each symbol's interval begins, and where the last one ends.
        self.bounds = [2048 * s for s in range(17)]

    def adapt(self, symbol):
        rate = min(max(196608 // (3 * self.adapted + 5), 65536 // self.limit), 32767)
        for s in range(1, 16):
            target = TOTAL - 2 * (16 - s) if s > symbol else 2 * s
            difference = target - self.bounds[s]
            self.bounds[s] += (difference * rate >> 16) + (difference > 0)
        self.adapted += 1


class SymbolDecoder:
    def __init__(self, words):
        self.words = words
        self.state = 0
        if words:
            self.state = words.pop()
            if not self.state:
                raise Refused("the last word of a stream of symbols is 0")
            self.refill()

    def refill(self):
        if self.state < 1 << 32 and self.words:
            self.state = self.state << 32 | self.words.pop()

    def symbol(self, table):
        quantile = self.state % TOTAL
        symbol = bisect_right(table.bounds, quantile) - 1
        low, high = table.bounds[symbol : symbol + 2]
        self.state = (self.state >> 15) * (high - low) + quantile - low
        self.refill()
        table.adapt(symbol)
        return symbol

    def finish(self):
        if self.words or self.state:
            raise Refused("a stream of symbols is not used up")
