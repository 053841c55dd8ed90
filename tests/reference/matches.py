"""Matches, and indirect contexts (sections 17 and 18)."""

from hashing import bit_length_within, fold, times_k

ORDERS = (4, 8, 16)


class Match:
    """Of one lane and order: the position of the byte that it predicts, the step of that position, how long it is."""

    def __init__(self):
        self.position = self.step = self.length = 0

    def predicts(self, step):
        return self.length and self.step < step

    def bucket(self):
        length = self.length
        if length < 16:
            return length
        if length < 32:
            return 16 + (length - 16) // 4
        return 20 + (length - 32) // 32 if length < 512 else 40


class MatchTable:
    """The positions behind the occurrences of `order` bytes."""

    def __init__(self, order, frame_length, divided):
        self.order = order
        self.bits = bit_length_within(frame_length.bit_length(), 8, 18 if divided else 19)
        self.entries = {}

    def learn(self, match, segment, step, end):
        """Follows the byte before `end`, which its lane has coded at `step`."""
        data, begin = segment.data, segment.begin
        byte = data[end - 1]
        goes_on = match.predicts(step) and data[match.position] == byte
        if goes_on and match.position + 1 < len(data):
            match.length += 1
            match.position += 1
            # From the end of a lane on in the next one; steps in the first segment's bytes are negative.
            match.step = 0 if match.step + 1 == segment.lane_length else match.step + 1
        else:
            match.length = 0
        if step + 1 < self.order:
            return
        key = self.key(data, end)
        found = self.entries.get(key, 0)
        if match.length == 0 and 0 < found < len(data):
            found_step = segment.step_of(found)
            if found_step <= step:
                most = min(64, step + 1, found if found < begin else found_step)
                count = 0
                while count < most and data[found - 1 - count] == data[end - 1 - count]:
                    count += 1
                if count >= self.order:
                    match.position, match.step, match.length = found, found_step, count
        self.entries[key] = end

    def key(self, data, end):
        """A group by the bytes before the last one, and in it an entry by the last one."""
        byte = data[end - 1]
        before = data[end - self.order : end - 1]
        h = 0
        for chunk in (before[:-8], before[-8:]) if self.order == 16 else (before,):
            h = fold(h, int.from_bytes(chunk, "big"))
        return times_k(h) >> 64 - (self.bits - 4), (byte ^ byte >> 4) & 15


class IndirectTable:
    """The byte that last followed a context, and how often in a row."""

    def __init__(self, frame_length):
        self.bits = bit_length_within(frame_length.bit_length() + 1, 8, 18)
        self.entries = {}

    def indices(self, hashed):
        home = hashed >> 64 - self.bits
        return home, home ^ 1

    def find(self, hashed):
        """Where a slot of this context is, None if there is none."""
        for index in self.indices(hashed):
            check, _, count = self.entries.get(index, (0, 0, 0))
            if check == hashed >> 8 & 65535 and count:
                return index
        return None

    def learn(self, hashed, byte):
        index = self.find(hashed)
        if index is None:
            index = min(self.indices(hashed), key=lambda index: self.entries.get(index, (0, 0, 0))[2])
            self.entries[index] = (hashed >> 8 & 65535, byte, 1)
            return
        check, last, count = self.entries[index]
        if last == byte:
            count = min(47, count + 1)
        elif count > 1:
            count //= 2
        else:
            last = byte
        self.entries[index] = (check, last, count)
