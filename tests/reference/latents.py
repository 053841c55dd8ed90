"""Tables that come back from latents alone (format-numbers.md 7, "Latents")."""

from grids import SIGNED, Type
from masked import leaky
from normalised import Column
from reader import Refused
from tables import TableColumn, decode_coded, read_shape, written
from tracks import clamp


def decode_latents(parameters, length, exact, bottleneck):
    record, column_major, columns = read_shape(parameters, length)
    if bottleneck is None or len(columns) != bottleneck.columns or bottleneck.latents > bottleneck.columns:
        raise Refused("latents need an autoencoder that there is not")
    rows = length // record
    latents = [TableColumn(2 * k, Type(2, False, SIGNED)) for k in range(bottleneck.latents)]
    if len(decode_coded(parameters, latents, rows, None)) != len(latents):
        raise Refused("a latent has no grid")
    limit = bottleneck.limit
    normalised = [Column(bottleneck.normalisation, k) for k in range(len(columns))]
    for column in columns:
        column.bits = []
    for row in range(rows):
        numbers = decoded(bottleneck, [clamp(latent.cells[row], -limit, limit) for latent in latents])
        for column, own, number in zip(columns, normalised, numbers):
            column.bits.append(column.type.from_double(own.number(number)))
    return written(record, column_major, columns, rows, exact)


def decoded(bottleneck, numbers):
    for k, layer in enumerate(bottleneck.decoder):
        numbers = [layer.output(o, numbers) for o in range(len(layer.bias))]
        if k < len(bottleneck.decoder) - 1:
            numbers = [leaky(x) for x in numbers]
    limit = (1 << 24) - 1
    return [clamp(x, -limit, limit) << 7 for x in numbers]
