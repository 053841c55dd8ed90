"""Linear predictions by least squares in integers (format-numbers.md 5, "Linear predictions")."""

from parameters import s64

FEW = 20
LIMIT = 1 << 22


class Moments:
    """Sums of products, a lower triangle, row by row; the target is the last row."""

    def __init__(self, inputs):
        self.sums = [[0] * (i + 1) for i in range(inputs + 1)]
        self.count = 0

    def add(self, products, samples):
        for row, added in zip(self.sums, products):
            for j, x in enumerate(added):
                row[j] = s64(row[j] + x)
        self.count += 256 * samples

    def forget(self, since, memory):
        def less(x):
            return s64(x - (s64(x * since) >> memory))

        self.sums = [[less(x) for x in row] for row in self.sums]
        self.count = less(self.count)


class LinearPrediction:
    def __init__(self, inputs, shift):
        self.inputs, self.shift = inputs, shift
        self.ridge = max(1, 1398101 >> 2 * shift)
        self.batch = []
        self.moments = Moments(inputs)
        self.weights = [0] * inputs
        self.few = [0] * min(FEW, inputs)
        self.seen = self.since = 0
        self.started = False

    def predictions(self, differences):
        sums = [sum(w * d for w, d in zip(weights, differences)) for weights in (self.weights, self.few)]
        return [s64(total + (1 << 17)) >> 18 for total in sums]

    def start(self, prior):
        if not self.started and prior.count > 0:
            self.solve(prior)
        self.started = True

    def learn(self, differences, target, memory, prior):
        limit = 1 << 19
        sample = [max(-limit, min(limit, x >> self.shift)) for x in (*differences, target)]
        self.batch.append(sample)
        self.seen += 1
        if len(self.batch) < min(16, 1 + self.seen // 8):
            return
        products = products_of(self.batch)
        self.moments.add(products, len(self.batch))
        if prior:
            prior.add(products, len(self.batch))
        self.since += len(self.batch)
        self.batch = []
        if self.since >= min(64, self.seen // 4):
            self.solve(prior)
            if memory > 0:
                self.moments.forget(self.since, memory)
            self.since = 0

    def solve(self, prior):
        n = self.inputs
        sums = [list(row) for row in self.moments.sums]
        if prior:
            factor = (1 << 24) // max(256, prior.count)
            for row, known in zip(sums, prior.sums):
                for j, x in enumerate(known):
                    row[j] = s64(row[j] + s64(x * factor >> 16))
        for i in range(n):
            sums[i][i] = s64(sums[i][i] + self.ridge)
        scale = [36 - max(1, sums[i][i]).bit_length() >> 1 for i in range(n + 1)]
        factors = factorised(sums, scale)
        for weights in (self.weights, self.few):
            substitute(factors, scale, weights)


def products_of(batch):
    largest = max(abs(x) for sample in batch for x in sample)
    shift = max(0, largest.bit_length() - 13)
    half = (1 << shift) >> 1
    short = [[max(-8191, min(8191, x + half >> shift)) for x in sample] for sample in batch]
    rows = list(zip(*short))
    return [[sum(map(int.__mul__, row, other)) << 2 * shift for other in rows[: i + 1]] for i, row in enumerate(rows)]


def up(x, by):
    return s64(x << by) if by >= 0 else x >> -by


def factorised(sums, scale):
    n = len(sums) - 1
    factors, inverses = [], []
    for i in range(n + 1):
        row = []
        for j in range(i):
            before = s64(sum(map(int.__mul__, row, factors[j])))
            row.append(s64(up(sums[i][j], scale[i] + scale[j]) - (before >> 26)))
        pivot = up(sums[i][i], 2 * scale[i])
        own = []
        for m, inverse in zip(row, inverses):
            factor = s64(m * inverse >> 36)
            own.append(factor)
            pivot = s64(pivot - s64(m * factor >> 26))
        factors.append(own)
        if i < n:
            inverses.append((1 << 62) // min(max(1024, pivot) + 1024, (1 << 63) - 1))
    return factors


def substitute(factors, scale, weights):
    """Solves for as many of the first weights as there are in the list."""
    count = len(weights)
    solution = [0] * count
    for i in reversed(range(count)):
        x = factors[-1][i]
        for k in range(i + 1, count):
            x -= s64(factors[k][i] * solution[k] >> 26)
        solution[i] = s64(x)
        by = scale[i] - scale[-1] - 8
        weight = solution[i] << min(60, by) if by >= 0 else solution[i] >> min(100, -by)
        weights[i] = max(-LIMIT, min(LIMIT, weight))
