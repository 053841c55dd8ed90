"""Elements that come back bit for bit (format-numbers.md 4)."""

from parameters import BitState

AROUND = (
    (0, 0, -1), (0, -1, 0), (-1, 0, 0), (0, -1, -1), (0, -1, 1), (-1, 0, 1),
    (-1, 1, 0), (-1, 0, -1), (-1, -1, 0), (0, 0, -2), (0, -2, 0), (-2, 0, 0),
)  # fmt: skip


def read_specials(parameters, width, count, read_flags):
    """Flags of `count` elements, and the bits of the special ones in their order."""
    if not parameters.within(20, 0, 1):
        return [0] * count, []
    patterns = [parameters.bits(8 * width) for _ in range(parameters.within(21, 0, 255))]
    flags = read_flags()
    states = {}
    last = len(patterns) + 1
    bits = []
    for _ in range(sum(flags)):
        if patterns:
            node = 1
            for _ in range(8):
                state = states.setdefault((last, node), BitState())
                node = 2 * node + parameters.bit(state)
            last = min(len(patterns), node - 256)
        if patterns and last < len(patterns):
            bits.append(patterns[last])
        else:
            bits.append(parameters.bits(8 * width))
    return flags, bits


def read_row_flags(parameters, left):
    """The flags of a table's column; `left` are those of the column before."""
    states = [BitState() for _ in range(16)]
    flags, past = [], 0
    for beside in left:
        flag = parameters.bit(states[2 * past + beside])
        flags.append(flag)
        past = (2 * past + flag) & 7
    return flags


def read_array_flags(parameters, lengths):
    lengths = [1] * (4 - len(lengths)) + list(lengths)
    shape = (lengths[0] * lengths[1], lengths[2], lengths[3])
    states = {}
    flags = [0] * (shape[0] * shape[1] * shape[2])

    def flag_at(z, y, x):
        if not (0 <= z < shape[0] and 0 <= y < shape[1] and 0 <= x < shape[2]):
            return 0
        return flags[(z * shape[1] + y) * shape[2] + x]

    for at in range(len(flags)):
        z, y, x = at // shape[2] // shape[1], at // shape[2] % shape[1], at % shape[2]
        context = 0
        for dz, dy, dx in AROUND:
            context = context << 1 | flag_at(z + dz, y + dy, x + dx)
        flags[at] = parameters.bit(states.setdefault(context, BitState()))
    return flags
