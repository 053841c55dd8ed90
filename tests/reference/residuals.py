"""What values of a field differ from their predictions by, and which are the background
(format-numbers.md 5, "Residual" and "Background")."""

from decisions import Decisions
from parameters import s64

NEIGHBOURS = 24


def log(x, fraction):
    if x == 0:
        return 0
    bits = x.bit_length() - 1
    below = x >> bits - fraction if bits >= fraction else x << fraction - bits
    return 1 + (bits << fraction) + (below & (1 << fraction) - 1)


def sign(x):
    return (x > 0) - (x < 0)


def digits(base, numbers):
    value = 0
    for number in numbers:
        value = value * base + number
    return value


class Residuals:
    def __init__(self, decoder):
        self.decoder = decoder
        self.decisions = Decisions(decoder)
        self.means = {}
        self.alike = 0
        self.flip = False
        self.mean_key = None

    def observe(self, own, point, prediction, known):
        """`known` are the residuals of the first neighbours, None where they are not present."""
        sums = {True: [0, 0], False: [0, 0]}
        close = []
        for k, (neighbour, residual) in enumerate(zip(own.neighbours[:NEIGHBOURS], known)):
            if residual is None:
                continue
            both = sums[neighbour.alike]
            both[0] += 16 * min(1 << 24, abs(residual)) * neighbour.weight
            both[1] += neighbour.weight
            if neighbour.alike or k < 3:
                close.append(residual)
        alike, others = (total // weight if weight else 64 for total, weight in (sums[True], sums[False]))
        close = (close + [0] * 5)[:5]
        moved = s64(prediction.centre - prediction.base)
        self.alike, self.flip = alike, moved < 0
        self.mean_key = own.number, prediction.channel
        turned = [-x if self.flip else x for x in close]
        magnitudes = [min(31, log(abs(x), 1)) for x in close]
        signs = digits(3, (sign(x) + 1 for x in turned))
        closest = digits(5, (max(-2, min(2, x)) + 2 for x in turned[:3]))
        fine, coarse = min(47, log(alike, 1)), min(15, log(alike, 0))
        others = min(31, log(others, 1))
        spread = min(15, log(prediction.spread >> 6, 0))
        differ = min(31, log(prediction.disagreement >> 5, 1))
        far = min(15, log(abs(moved) >> 7, 1))
        usual = min(31, log(self.means.get(self.mean_key, 256) >> 4, 1))
        number = min(31, own.number)
        p2, p3 = min(31, point[2]), min(31, point[3])
        contexts = [
            fine,
            fine * 16 + spread,
            signs * 8 + min(7, coarse),
            closest * 16 + others // 2,
            far * 32 + min(31, fine),
            others * 32 + number,
            magnitudes[0] * 32 + magnitudes[1],
            usual * 32 + differ,
            p3 * 32 + p2 + (1024 if coarse > 0 else 0),
            max(magnitudes[:3]) * 32 + others,
        ]
        self.decisions.observe(contexts, [coarse, number], differ)

    def read(self):
        residual = self.read_other() if self.decisions.decide(0) else 0
        mean = self.means.get(self.mean_key, 256)
        self.means[self.mean_key] = mean + (256 * min(1 << 19, abs(residual)) - mean >> 5)
        return residual

    def read_other(self):
        decide = self.decisions.decide
        negative = decide(1) ^ self.flip
        length = self.read_length()
        magnitude = 1
        for i in range(1, length + 1):
            if i == 1:
                bit = decide(74 + min(20, length))
            elif i == 2:
                bit = decide(95 + 2 * min(16, length) + (magnitude & 1))
            else:
                bit = self.decoder.bit(32768)
            magnitude = 2 * magnitude + bit
        return -magnitude if negative else magnitude

    def read_length(self):
        decide = self.decisions.decide
        expected = min(28, max(1, (self.alike >> 4) * 3 // 4).bit_length() - 1)
        length = expected
        if expected == 0 or decide(longer(expected)):
            while length < 62 and decide(longer(length + 1)):
                length += 1
        else:
            length -= 1
            while length > 0 and decide(42 + length):
                length -= 1
        return length


def longer(length):
    return 2 + min(39, length)


class Background:
    def __init__(self, decoder, value):
        self.decisions = Decisions(decoder)
        self.value = value
        self.densities = [0, 0]

    def read(self, own, point, values):
        """Whether the point has the background's value; `values` are those of the first neighbours, None where they are
        not present."""
        bits = along = count = height = 0
        for k, (neighbour, value) in enumerate(zip(own.neighbours[:NEIGHBOURS], values)):
            if value is None:
                continue
            if count == 0:
                height = min(15, ((abs(s64(value - self.value)) >> 12) + 1).bit_length())
            bits |= 1 << k
            count += 1
            axes = [a for a in range(4) if neighbour.offset[a]]
            if len(axes) == 1:
                along |= 1 << 2 * axes[0] + (abs(neighbour.offset[axes[0]]) > 1)
        count = min(15, count)
        fast, slow = (min(15, max(1, density).bit_length() - 1) for density in self.densities)
        p1, p2, p3 = (min(31, p) for p in point[1:])
        odd = p3 & 1

        def first(n):
            return bits & (1 << n) - 1

        contexts = [
            first(11) * 2 + odd,
            (along & 255) * 4 + odd,
            first(6) * 16 + fast,
            p2 * 32 + p3,
            p1 * 32 + p2,
            first(7) * 16 + slow,
            fast * 16 + slow,
            count * 256 + first(4) * 16 + slow,
            height * 64 + count * 4 + first(2),
            bits >> 1 & 1023,
        ]
        self.decisions.observe(contexts, [fast, count], slow * 2 + odd)
        differs = self.decisions.decide(0)
        for i, rate in enumerate((4, 8)):
            self.densities[i] += differs * 65535 - self.densities[i] >> rate
        return not differs
