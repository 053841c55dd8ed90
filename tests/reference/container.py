"""Members, head, model section, index and footer (sections 2, 3, 5 and 6)."""

from blake3 import blake3
from frame import FRAME_MARK, NUMBERS, read_frame_header
from frame_decoder import decode_frame
from reader import Reader, Refused, within

MAGIC = bytes.fromhex("B0424F410D0A1A")
MODEL_MARK = bytes.fromhex("B04D444C")
INDEX_MARK = bytes.fromhex("B0454E44")
END_MARK = bytes.fromhex("B0454F46")
MAX_MODEL = 1 << 24
MAX_FRAMES = 1 << 22
MAX_BOUNDS = 1 << 20


def decode_file(data):
    """The content of all members, one after the other."""
    reader = Reader(data)
    contents = [decode_member(reader)]
    while reader.left():
        contents.append(decode_member(reader))
    return b"".join(contents)


def decode_member(reader):
    begin = reader.at
    lossy = read_head(reader)
    head_length = reader.at - begin
    model_section = None
    model = b""
    frames, contents = [], []
    while True:
        at = reader.at
        mark = reader.peek(4)
        if mark == MODEL_MARK:
            if model_section:
                raise Refused("a member has a second model section")
            model = read_model_section(reader)
            model_section = (at - begin, reader.at - at)
        elif mark == FRAME_MARK:
            header = read_frame_header(reader)
            if header.model == NUMBERS and not lossy:
                raise Refused("a frame of numbers in a member that is not lossy")
            if header.uses_member_model and not model_section:
                raise Refused("a frame uses the member's model, but there is no model section")
            content = decode_frame(header, reader.take(header.payload_length), model)
            if blake3(content)[:16] != header.content_hash:
                raise Refused("the hash of a frame's content differs")
            frames.append((reader.at - at, len(content)))
            contents.append(content)
        elif mark == INDEX_MARK:
            content = b"".join(contents)
            read_index_and_footer(reader, head_length, model_section, frames, content)
            return content
        elif len(mark) < 4:
            raise Refused("the file ends inside a member")
        else:
            raise Refused(f"{mark.hex()} is not a mark of this format")


def read_head(reader):
    """Whether the member is lossy."""
    begin = reader.at
    if reader.take(len(MAGIC)) != MAGIC:
        raise Refused("a member does not begin with the magic bytes")
    version = reader.u8()
    if version != 1:
        raise Refused(f"version {version} of the format is not known")
    flags = reader.u8()
    for bit in range(1, 8):
        if flags >> bit & 1:
            raise Refused(f"flag {bit} is not known")
    if flags & 1:
        pass_bounds(reader)
    reader.confirm(begin, "the head")
    return flags & 1 == 1


def pass_bounds(reader):
    """Reads the list of bounds, which says nothing that a decoder needs."""
    for _ in range(reader.varint_within(0, MAX_BOUNDS, "the number of bounds")):
        reader.varint_within(1, (1 << 64) - 1, "the number of columns of a bound")
        kind = reader.u8()
        if kind > 5:
            raise Refused(f"a bound of kind {kind} is not known")
        reader.take((0, 8, 8, 8, 1, 0)[kind])


def read_model_section(reader):
    """The model's bytes, empty if there is only its id. Of models only autoencoders are of use here."""
    begin = reader.at
    reader.take(4)
    kind = reader.u8_within(0, 1, "the kind of a model section")
    length = within(reader.number(4), 0, MAX_MODEL, "the length of the model") if kind == 0 else 0
    hash_or_id = reader.take(32)
    reader.confirm(begin, "the model section")
    model = reader.take(length)
    if kind == 0 and blake3(model) != hash_or_id:
        raise Refused("the hash of the model differs")
    return model


def read_index_and_footer(reader, head_length, model_section, frames, content):
    begin = reader.at
    reader.take(4)
    found = [reader.varint(), reader.varint()]
    expected = [head_length, 0]
    if model_section:
        found.append(reader.varint() if found[1] else None)
        expected = [head_length, *model_section]
    if found != expected:
        raise Refused("the index differs from the head or the model section")
    count = reader.varint_within(0, MAX_FRAMES, "the number of frames")
    if count != len(frames):
        raise Refused("the index has another number of frames")
    for frame in frames:
        if (reader.varint(), reader.varint()) != frame:
            raise Refused("the index differs from the frames")
    index_length = reader.at - begin
    content_length = reader.number(8)
    content_hash = reader.take(32)
    if reader.number(4) != index_length:
        raise Refused("the footer names another length of the index")
    reader.confirm(begin, "the index and the footer")
    if reader.take(4) != END_MARK:
        raise Refused("the end mark differs")
    if content_length != len(content):
        raise Refused("the member's content has another length")
    if content_hash != blake3(content):
        raise Refused("the hash of the member's content differs")
