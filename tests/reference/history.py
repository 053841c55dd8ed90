"""What is known when a byte is predicted: the bytes before, and its position in the layout (section 11)."""


class Positions:
    """Positions in records and elements, and the lags that a layout has."""

    def __init__(self, structure):
        self.phase = structure.phase
        self.record = structure.record
        self.plane = structure.plane
        self.unit = structure.record or structure.width
        self.elements = []
        for number, width in enumerate(structure.widths()):
            self.elements += [(width, k, number) for k in range(width)]

    def of(self, at):
        """Of the byte `at` the position in its record, its element's width, its position in it, and its column."""
        c = (at + self.phase) % self.unit
        return c, *self.elements[c]


class History:
    """The bytes before the one that a lane predicts."""

    def __init__(self, data, start, at, positions, frame_at):
        self.data = data
        self.start = start
        self.at = at
        self.c, self.e, self.k, self.column = positions.of(frame_at)
        self.w = self.e - 1 + self.k
        self.record = positions.record
        self.plane = positions.plane
        self.fourth = positions.plane or 2 * positions.record

    def back(self, lag):
        """The byte `lag` before the one to predict, 256 if there is none in its lane."""
        if lag == 0 or self.at - lag < self.start:
            return 256
        return self.data[self.at - lag]

    def element(self, lag):
        """The element whose byte k is `lag` before, None if it does not begin in the lane."""
        begin = lag + self.k
        if lag == 0 or self.at - begin < self.start:
            return None
        return self.number(begin, self.e)

    def number(self, begin, count):
        at = self.at - begin
        return int.from_bytes(self.data[at : at + count], "big")

    def own(self):
        """The bytes of the element to predict that are known."""
        number = 0
        for lag in range(self.k, 0, -1):
            number = number << 8 | self.back(lag)
        return number
