"""Tensors in the compact form of model files, and autoencoders made of them (format.md 23, format-numbers.md 7)."""

from dataclasses import dataclass

from blake3 import blake3
from parameters import Parameters
from range_decoder import RangeDecoder
from reader import Reader, Refused

MAGIC = bytes.fromhex("B0616D0A")
MASKED, BOTTLENECK, DECODER = 4, 5, 6
BIAS = 1 << 29


class Tensors:
    """Reads tensors one after the other, and keeps their plain form for the id."""

    def __init__(self, words):
        self.decoder = RangeDecoder(words)
        # Numbers of tensors from -127 to 127, and all others.
        self.numbers = [Parameters(self.decoder), Parameters(self.decoder)]
        self.plain = b""

    def read(self, size, rows, columns, least, greatest):
        """A tensor of integers of `size` bytes, as a list of rows."""
        small = (least, greatest) == (-127, 127)
        numbers = self.numbers[not small]
        unit = sum(numbers.even() << k for k in range(3))
        above, left, before = [0] * columns, 0, 0
        values = []
        for at in range(rows * columns):
            mean = above[at % columns] + left
            half = mean >> mean.bit_length() - 2 & 1 if mean > 1 else 0
            number = numbers.number(min(31, 2 * mean.bit_length() + half))
            value = (0 if small else before) + (number << unit)
            if not least <= value <= greatest:
                raise Refused("a value of a tensor is out of its range")
            before = value
            values.append(value)
            magnitude = 16 * abs(number)
            above[at % columns] = 3 * above[at % columns] + magnitude >> 2
            left = 3 * left + magnitude >> 2
        self.plain += b"".join((v & (1 << 8 * size) - 1).to_bytes(size, "little") for v in values)
        return [values[row * columns :][:columns] for row in range(rows)]

    def vector(self, size, count, least, greatest):
        return self.read(size, 1, count, least, greatest)[0]

    def linear(self, outs, ins):
        shift = self.vector(1, outs, 1, 24)
        bias = self.vector(4, outs, -BIAS, BIAS)
        return Linear(self.read(1, outs, ins, -127, 127), bias, shift)


@dataclass
class Linear:
    weights: list
    bias: list
    shift: list

    def output(self, number, inputs):
        shift = self.shift[number]
        total = sum(map(int.__mul__, self.weights[number], inputs)) + self.bias[number]
        return total + (1 << shift - 1) >> shift


@dataclass
class Normalisation:
    centre: list
    centre_exponent: list
    scale: list
    scale_exponent: list
    companding: list


def read_normalisation(tensors, columns):
    most = (1 << 31) - 1
    return Normalisation(
        tensors.vector(4, columns, -most, most),
        tensors.vector(2, columns, -1100, 1100),
        tensors.vector(4, columns, 1, most),
        tensors.vector(2, columns, -1100, 1100),
        tensors.vector(1, columns, 0, 1),
    )


@dataclass
class Contributions:
    """Of each column's number and its magnitude to the hidden sums."""

    shift: list
    weights: list


def read_contributions(tensors, columns, hidden):
    shift = tensors.vector(1, 2 * columns, 0, 20)
    return Contributions(shift, tensors.read(1, 2 * columns, hidden, -127, 127))


@dataclass
class Masked:
    columns: int
    hidden: int
    components: int
    normalisation: Normalisation
    start: list
    input: Contributions
    previous: Contributions
    hidden_shift: list
    output: Linear


@dataclass
class Bottleneck:
    """What decodes latents; an encoder is read and forgotten."""

    columns: int
    latents: int
    limit: int
    normalisation: Normalisation
    decoder: list


def read_autoencoder(data):
    reader = Reader(data)
    if reader.take(4) != MAGIC:
        raise Refused("a model does not begin with the magic bytes")
    begin = reader.at
    form = reader.u8()
    if form not in (MASKED, BOTTLENECK, DECODER):
        raise Refused("the model is no autoencoder")
    if form == MASKED:
        shape = read_masked_shape(reader)
    else:
        shape = read_bottleneck_shape(reader)
    head = data[begin : reader.at]
    check = reader.take(4)
    rest = reader.take(reader.left())
    if len(rest) % 4:
        raise Refused("a model has bytes after its last word")
    tensors = Tensors([int.from_bytes(rest[i : i + 4], "little") for i in range(0, len(rest), 4)])
    if form == MASKED:
        autoencoder = read_masked(tensors, *shape)
    else:
        autoencoder = read_bottleneck(tensors, *shape, form == BOTTLENECK)
    tensors.decoder.finish()
    if blake3(head + tensors.plain)[:4] != check:
        raise Refused("the check of an autoencoder differs")
    return autoencoder


def ranged(reader, size, least, greatest):
    value = reader.number(size)
    if not least <= value <= greatest:
        raise Refused("the shape of an autoencoder is out of its range")
    return value


def read_masked_shape(reader):
    return (ranged(reader, 2, 1, 1024), ranged(reader, 2, 1, 512), ranged(reader, 1, 1, 4), ranged(reader, 1, 0, 1))


def read_bottleneck_shape(reader):
    columns, latents = ranged(reader, 2, 1, 512), ranged(reader, 2, 1, 512)
    bits = ranged(reader, 1, 2, 16)
    widths = [ranged(reader, 2, 1, 512) for _ in range(ranged(reader, 1, 0, 8))]
    return columns, latents, bits, widths


def read_masked(tensors, columns, hidden, components, previous):
    return Masked(
        columns,
        hidden,
        components,
        read_normalisation(tensors, columns),
        tensors.vector(4, hidden, -BIAS, BIAS),
        read_contributions(tensors, columns, hidden),
        read_contributions(tensors, columns, hidden) if previous else None,
        tensors.vector(1, hidden, 1, 24),
        tensors.linear(3 * components * columns, hidden),
    )


def read_bottleneck(tensors, columns, latents, bits, widths, with_encoder):
    normalisation = read_normalisation(tensors, columns)
    widths = [columns, *widths, latents]
    if with_encoder:
        for ins, outs in zip(widths, widths[1:]):
            tensors.linear(outs, ins)
    widths.reverse()
    decoder = [tensors.linear(outs, ins) for ins, outs in zip(widths, widths[1:])]
    return Bottleneck(columns, latents, (1 << bits - 1) - 1, normalisation, decoder)
