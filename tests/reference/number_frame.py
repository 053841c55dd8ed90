"""A frame of numbers (format-numbers.md 1)."""

from fields import decode_array
from parameters import Parameters
from range_decoder import RangeDecoder
from reader import Refused
from tables import decode_table

TABLE, ARRAY, LATENTS = range(3)


def decode_numbers(header, payload, decode_inner):
    stream, inner = payload[: 4 * header.words], payload[4 * header.words :]
    exact = decode_inner(inner) if inner else b""
    words = [int.from_bytes(stream[i : i + 4], "little") for i in range(0, len(stream), 4)]
    decoder = RangeDecoder(words)
    parameters = Parameters(decoder)
    form = parameters.within(29, 0, 2)
    if form == ARRAY:
        if exact:
            raise Refused("an array has exact bytes")
        content = decode_array(parameters, header.length)
    elif form == TABLE:
        content = decode_table(parameters, header.length, exact)
    else:
        raise Refused("the frame needs an autoencoder, which this decoder does not have")
    decoder.finish()
    return content
