"""Runs of equal bytes at a position: which bytes take one decision or raw bits instead of the mix (section 14)."""

from collections import defaultdict

from probability import RunCounter

MIXED, RUN, BYPASS = "mixed", "run", "bypass"
SURE = 65024
NOISE = 4168090


class Run:
    """Of one position: its last byte, how often it came in a row, how often it changed, visits, the mean error."""

    def __init__(self):
        self.byte = self.length = self.changes = self.visits = self.error = 0


class RunModel:
    def __init__(self):
        self.runs = defaultdict(Run)
        self.counters = defaultdict(RunCounter)

    def counter(self, run, changed):
        return self.counters[changed, min(15, run.length.bit_length())]

    def mode(self, run, changed, may_bypass):
        """How a byte is coded, and the probability that the run goes on."""
        probability = self.counter(run, changed).probability()
        if run.changes == 0 and probability >= SURE:
            return RUN, probability
        if run.error >= NOISE and run.visits % 17 and may_bypass:
            return BYPASS, probability
        return MIXED, probability

    def learn(self, run, changed, byte, errors):
        """Follows a byte; `errors` of its bits if it was mixed, else None. Returns whether the byte was a change."""
        same = byte == run.byte
        if run.changes == 0:
            self.counter(run, changed).learn(same)
        if same:
            run.length = min(65535, run.length + 1)
            if run.length % 256 == 0:
                run.changes = max(0, run.changes - 1)
        else:
            run.length, run.byte = 0, byte
            run.changes = min(3, run.changes + 1)
        run.visits = run.visits + 1 & 255
        if errors is not None:
            run.error += 16 * errors - run.error >> 7
        return not same
