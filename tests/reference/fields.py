"""Arrays as fields (format-numbers.md 3 and 5)."""

from dataclasses import dataclass
from math import prod

from field_prediction import Predictor
from grids import UNIFORM, read_grid, read_type
from parameters import sat64
from passes import field_passes, points
from reader import Refused
from residuals import NEIGHBOURS, Background, Residuals
from specials import read_array_flags, read_specials

MAX_VALUES = 1 << 22


@dataclass
class Method:
    kinds: list
    roughness: list
    tile: list
    levels: int = 0
    tightening: int = 0
    neighbours: int = 0
    shift: int = 0
    memory: int = 0
    channels: int = 0
    origin: int = 0
    background: int = None


def decode_array(parameters, length):
    type_, lengths = read_shape(parameters, length)
    grid = read_grid(parameters)
    if grid is None:
        raise Refused("an array has no grid")
    whole = parameters.within(31, 0, 1) if grid.kind == UNIFORM else 1
    count = prod(lengths)
    flags, special = read_specials(parameters, type_.width, count, lambda: read_array_flags(parameters, lengths))
    method = read_method(parameters)
    values = Field(parameters, [1] * (4 - len(lengths)) + lengths, method, whole, flags).decode()
    special = iter(special)
    bits = [next(special) if flag else grid.bits(type_, value) for flag, value in zip(flags, values)]
    return b"".join(map(type_.to_bytes, bits))


def read_shape(parameters, length):
    type_ = read_type(parameters)
    rest = min(length // type_.width, MAX_VALUES)
    lengths = []
    for _ in range(parameters.within(30, 1, 4)):
        lengths.append(parameters.within(30, 1, rest))
        rest //= lengths[-1]
    if prod(lengths) * type_.width != length:
        raise Refused("an array has another length than the content")
    return type_, lengths


def read_method(parameters):
    method = Method(
        kinds=[parameters.within(11, 0, 2) for _ in range(4)],
        roughness=[parameters.within(13, 1, 4095) for _ in range(4)],
        tile=[parameters.within(15, 0, 1 << 20) for _ in range(4)],
    )
    method.levels = parameters.within(12, 0, 20)
    method.tightening = parameters.within(12, 0, 7)
    method.neighbours = parameters.within(12, 1, 64)
    method.shift = parameters.within(12, 0, 40)
    method.memory = parameters.within(12, 0, 20)
    method.channels = parameters.within(12, 0, 1)
    has_background = parameters.within(12, 0, 1)
    method.origin = parameters.integer(14)
    if has_background:
        method.background = parameters.integer(14)
    return method


class Field:
    def __init__(self, parameters, lengths, method, whole, special):
        self.lengths, self.method, self.whole, self.special = lengths, method, whole, special
        self.strides = [prod(lengths[a + 1 :]) for a in range(4)]
        self.passes = field_passes(lengths, method)
        self.values = [0] * prod(lengths)
        self.residuals = [0] * len(self.values)
        self.absent = list(special)
        self.predictor = Predictor(lengths, method, self.passes)
        self.model = Residuals(parameters.decoder)
        self.background = None
        if method.background is not None:
            self.background = Background(parameters.decoder, method.background)

    def decode(self):
        for own, point in points(self.lengths, self.method, self.passes):
            at = sum(p * stride for p, stride in zip(point, self.strides))
            self.values[at] = self.decode_point(own, point, at)
        return self.values

    def present(self, indices, values):
        """The values of the first neighbours, None where they are not present."""
        return [None if i is None or self.absent[i] else values[i] for i in indices[:NEIGHBOURS]]

    def decode_point(self, own, point, at):
        indices = self.predictor.inside(own, point, at)
        if self.background and not self.special[at]:
            self.absent[at] = self.background.read(own, point, self.present(indices, self.values))
            if self.absent[at]:
                return self.background.value
        found = self.predictor.observe(own, point, indices, self.values, self.absent)
        if self.special[at]:
            return found.filling
        self.predictor.predict(found)
        shift, centre = 12, found.centre
        if self.whole:
            centre = sat64(centre + 2048) & -4096
        else:
            shift -= min(6, own.level * self.method.tightening // 2)
        self.model.observe(own, point, found, self.present(indices, self.residuals))
        residual = self.model.read()
        value = sat64(centre + (residual << shift))
        self.residuals[at] = max(-(1 << 30), min(1 << 30, residual))
        self.predictor.learn(found, at, value)
        return value
