"""A frame of numbers (format-numbers.md 1)."""

from fields import decode_array
from latents import decode_latents
from parameters import Parameters
from range_decoder import RangeDecoder
from reader import Refused
from tables import decode_table
from tensors import Bottleneck, Masked, read_autoencoder

TABLE, ARRAY, LATENTS = range(3)


def decode_numbers(header, payload, decode_inner, model):
    """`model` are the bytes of the member's model, if there are any."""
    stream, inner = payload[: 4 * header.words], payload[4 * header.words :]
    exact = decode_inner(inner) if inner else b""
    words = [int.from_bytes(stream[i : i + 4], "little") for i in range(0, len(stream), 4)]
    autoencoder = read_autoencoder(model) if model else None
    decoder = RangeDecoder(words)
    parameters = Parameters(decoder)
    form = parameters.within(29, 0, 2)
    if form == ARRAY:
        if exact:
            raise Refused("an array has exact bytes")
        content = decode_array(parameters, header.length)
    elif form == TABLE:
        masked = autoencoder if isinstance(autoencoder, Masked) else None
        content = decode_table(parameters, header.length, exact, masked)
    else:
        bottleneck = autoencoder if isinstance(autoencoder, Bottleneck) else None
        content = decode_latents(parameters, header.length, exact, bottleneck)
    decoder.finish()
    return content
