"""The contexts of tables, arrays and residuals (section 15)."""

from hashing import MASK, fold

TEXT, RESIDUALS, ARRAY, TABLE = "text", "residuals", "array", "table"
MISSING = 1 << 62


def kind_of(structure):
    if not structure.fields and structure.width == 1 and not structure.record:
        return TEXT
    if len(structure.fields) == 1:
        return RESIDUALS if structure.fields[0].prediction else ARRAY
    return TABLE if structure.is_table() else ARRAY


def expected(h, own, value):
    """What an expected number says of the byte to predict, given the bytes of the element that are known."""
    if value is None:
        return 1 << 30
    rest = h.e - h.k
    difference = own - (value >> 8 * rest) & MASK
    if difference >> 63:
        difference -= 1 << 64
    difference = max(-2, min(2, difference))
    byte = value >> 8 * (rest - 1) & 255
    behind = value >> 8 * (rest - 2) + 6 & 3 if rest > 1 and difference == 0 else 0
    return difference + 2 << 16 | byte << 2 | behind


def table_contexts(h, references):
    back = h.back
    p1, p2, p3, p4, p5, p6 = (back(lag) for lag in range(1, 7))
    a, a2 = back(h.record), back(h.fourth)
    own = h.own()
    C, W = h.c << 40, h.w << 40
    O = fold(W, own)
    t, t2 = back(h.k + h.e), back(h.k + 2 * h.e)
    b, b2 = back(h.e), back(2 * h.e)
    last, before = h.element(h.record), h.element(h.fourth)
    rows = last if last is None or before is None else 2 * last - before & MASK
    left = h.element(h.e)
    left = 0 if left is None else left + 1
    s1, s2, s3 = (referenced(h, reference) for reference in references)

    column = fold(C, own)
    last_two = p1 | p2 << 9
    return (
        C,
        column,
        fold(column, t) if s1 is None else fold(column, fold(1, s1)),
        W | p1 | a << 9 if None in (s1, s2) else fold(column, fold(s1 >> 2, s2 >> 2)),
        fold(C, expected(h, own, last)),
        fold(column, left),
        fold(C | a, own) if s2 is None else fold(column, fold(2, s2)),
        fold(column, t | t2 << 10),
        fold(C | a << 10 | a2, p1),
        W | last_two,
        fold(C, fold(last_two | p3 << 18, p4 | p5 << 9 | p6 << 18)),
        W | a | a2 << 9 if s3 is None else fold(column, fold(3, s3)),
        fold(C, expected(h, own, rows)),
        C | p1 if None in (s1, s2, s3) else fold(column, fold(s1 >> 3, fold(s2 >> 3, s3 >> 3))),
        fold(O, b | b2 << 9) if None in (s1, s2) else fold(column, fold(4, fold(s1, s2))),
        W | last_two | p3 << 18,
        fold(C, last_two | a << 18),
        fold(W, fold(last_two, p3 | p4 << 9)),
        C | a,
        W | p1 if s1 is None else fold(column, fold(5, fold(s1, a))),
    )


def referenced(h, reference):
    """The number in the column that a reference leads to."""
    if reference is None:
        return None
    distance, width, shift = reference
    begin = distance + h.k
    return MISSING if h.back(begin) == 256 else h.number(begin, width) >> shift


def array_contexts(h):
    back = h.back
    p1, p2, p3, p4 = (back(lag) for lag in range(1, 5))
    own = h.own()
    W = h.w << 40
    O = fold(W, own)
    b, b2, d = back(h.e), back(2 * h.e), back(h.record or 3 * h.e)
    t, t2 = back(h.k + h.e), back(h.k + 2 * h.e)
    west, west_west = h.element(h.e), h.element(2 * h.e)
    if h.record:
        north, north_west = h.element(h.record), h.element(h.record + h.e)
    else:
        north, north_west = west_west, h.element(3 * h.e)
    plane = mean = line = west
    if west is not None:
        if north is not None and north_west is not None:
            plane = west + north - north_west & MASK
            plane = max(min(west, north), min(max(west, north), plane))
        if north is not None:
            mean = (west >> 1) + (north >> 1)
        if west_west is not None:
            line = 2 * west - west_west & MASK

    last_two = p1 | p2 << 9
    return (
        fold(W, expected(h, own, plane)),
        W | p1,
        W | p1 | d << 9,
        fold(W, fold(expected(h, own, west), expected(h, own, north))),
        fold(W, expected(h, own, mean)),
        fold(O, b | b2 << 9),
        fold(W, expected(h, own, line)),
        W | last_two,
        W | p1 | b << 9,
        W | b | d << 9,
        O,
        W | b,
        fold(W | d, own),
        W | last_two | p3 << 18,
        fold(O, t),
        W | b | b2 << 9,
        W,
        fold(O, t | t2 << 10),
        fold(W, last_two | d << 18),
        fold(W, fold(last_two, p3 | p4 << 9)),
    )


def quantised(v):
    """A number by its bit length and the three bits below its upper one."""
    if v < 16:
        return v
    n = v.bit_length()
    return 8 * (n - 1) + (v >> n - 4 & 7)


def residual_contexts(h):
    back = h.back
    p1, p2, p3 = (back(lag) for lag in range(1, 4))
    own = h.own()
    W = h.w << 40
    O = fold(W, own)
    e, record = h.e, h.record
    D = record or 3 * e
    b, b2, d = back(e), back(2 * e), back(D)
    t = back(h.k + e)

    def size(lag):
        value = h.element(lag)
        return 127 if value is None else value.bit_length()

    def neighbour(lag):
        value = h.element(lag) or 0
        return value >> 4 if e == 8 else value

    n1 = size(e) + size(2 * e) >> 1
    n2 = size(D) + size(h.fourth if record else 4 * e) >> 1
    n3 = size(record or 2 * e)
    g = int(any(back(lag) for lag in range(1, h.k + 1)))
    z1, z2, z3 = neighbour(e), neighbour(2 * e), neighbour(3 * e)
    if record:
        y1, y2, y3, z4 = neighbour(record), neighbour(record - e), neighbour(record + e), neighbour(h.fourth)
    else:
        y1, y2, y3, z4 = (neighbour(n * e) for n in range(4, 8))
    along = 3 * z1 + 2 * z2 + z3 & MASK
    across = 2 * y1 + y2 + y3 & MASK
    everywhere = 2 * z1 + z2 + across + z4 & MASK

    last_two = p1 | p2 << 9
    return (
        fold(O, quantised(everywhere)),
        fold(O, quantised(along) >> 1 | quantised(across) >> 1 << 10),
        W | size(e) | n3 << 7 | g << 14,
        O,
        fold(O, quantised(along)),
        fold(O, quantised(z4 + y1 & MASK) >> 1 | quantised(z1) >> 1 << 10),
        W | n1 | n2 << 7,
        W | p1 | d << 9,
        W | p1 | b << 9,
        W | last_two,
        W | b | d << 9,
        fold(O, b | b2 << 9),
        fold(W | d, own),
        W | b | b2 << 9,
        W,
        W | p1,
        W | b,
        W | last_two | p3 << 18,
        fold(O, t),
        fold(W, last_two | d << 18),
    )
