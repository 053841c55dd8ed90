"""Numbers from bytes, and the error that everything which a decoder must refuse becomes (sections 1 and 7)."""

from blake3 import blake3


class Refused(Exception):
    """The file breaks a rule of the format, or needs what this decoder does not have."""


def check(data):
    """The four bytes that stand for `data` where damage is to be found."""
    return blake3(data)[:4]


class Reader:
    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if count > self.left():
            raise Refused("the file ends inside a member")
        self.at += count
        return self.data[self.at - count : self.at]

    def peek(self, count):
        return self.data[self.at : self.at + count]

    def number(self, size, signed=False):
        return int.from_bytes(self.take(size), "little", signed=signed)

    def u8(self):
        return self.number(1)

    def varint(self):
        value = 0
        for n in range(10):
            byte = self.u8()
            value |= (byte & 127) << 7 * n
            if byte < 128:
                if byte == 0 and n > 0:
                    raise Refused("a varint is not in its shortest form")
                if value >= 1 << 64:
                    break
                return value
        raise Refused("a varint is above 2^64 - 1")

    def varint_within(self, least, greatest, what):
        return within(self.varint(), least, greatest, what)

    def u8_within(self, least, greatest, what):
        return within(self.u8(), least, greatest, what)

    def confirm(self, begin, what):
        """Reads a check over everything from `begin` on."""
        expected = check(self.data[begin : self.at])
        if self.take(4) != expected:
            raise Refused(f"the check of {what} differs")


def within(value, least, greatest, what):
    if not least <= value <= greatest:
        raise Refused(f"{what} is {value}, not from {least} to {greatest}")
    return value
