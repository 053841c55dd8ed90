"""BLAKE3, the plain hash of 32 bytes, after its paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020)."""

INITIAL = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
BLOCK, CHUNK = 64, 1024
MASK = 0xFFFFFFFF


def schedule():
    """The order in which each of the seven rounds takes the words of a block."""
    orders = [tuple(range(16))]
    for _ in range(6):
        orders.append(tuple(orders[-1][i] for i in PERMUTATION))
    return orders


SCHEDULE = schedule()
# The four columns of the state, then its four diagonals.
QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def compress(chaining, block, counter, length, flags):
    """The first eight words of the compression function's result."""
    v = [*chaining, *INITIAL[:4], counter & MASK, counter >> 32, length, flags]
    for order in SCHEDULE:
        for n, (a, b, c, d) in enumerate(QUARTERS):
            for word, left, right in ((order[2 * n], 16, 12), (order[2 * n + 1], 8, 7)):
                v[a] = (v[a] + v[b] + block[word]) & MASK
                mixed = v[d] ^ v[a]
                v[d] = mixed >> left | mixed << (32 - left) & MASK
                v[c] = (v[c] + v[d]) & MASK
                mixed = v[b] ^ v[c]
                v[b] = mixed >> right | mixed << (32 - right) & MASK
    return [v[i] ^ v[i + 8] for i in range(8)]


def words(block):
    padded = block.ljust(BLOCK, b"\0")
    return [int.from_bytes(padded[i : i + 4], "little") for i in range(0, BLOCK, 4)]


def chunk_value(chunk, counter, root):
    chaining = INITIAL
    count = max(1, -(-len(chunk) // BLOCK))
    for n in range(count):
        block = chunk[n * BLOCK : (n + 1) * BLOCK]
        flags = CHUNK_START if n == 0 else 0
        if n == count - 1:
            flags |= CHUNK_END | root
        chaining = compress(chaining, words(block), counter, len(block), flags)
    return chaining


def tree_value(data, counter, root):
    """The value of the tree over `data`, whose first chunk has the number `counter`."""
    if len(data) <= CHUNK:
        return chunk_value(data, counter, root)
    # The left tree holds the greatest power of two of chunks that leaves at least a byte to the right one.
    chunks = 1 << ((len(data) - 1) // CHUNK).bit_length() - 1
    left = tree_value(data[: chunks * CHUNK], counter, 0)
    right = tree_value(data[chunks * CHUNK :], counter + chunks, 0)
    return compress(INITIAL, left + right, 0, BLOCK, PARENT | root)


def blake3(data):
    value = tree_value(bytes(data), 0, ROOT)
    return b"".join(word.to_bytes(4, "little") for word in value)


# Length of the input 0, 1, ..., 250, 0, 1, ... and its hash: from the published test vectors.
PUBLISHED = {
    0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    1023: "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
    1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    1025: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
    2048: "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a",
    2049: "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
    3073: "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3",
    6145: "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f",
}


def check_published():
    for length, expected in PUBLISHED.items():
        found = blake3(bytes(i % 251 for i in range(length))).hex()
        if found != expected:
            raise AssertionError(f"BLAKE3 of {length} bytes is {found} instead of {expected}")


if __name__ == "__main__":
    check_published()
    print(f"{len(PUBLISHED)} published vectors agree")
