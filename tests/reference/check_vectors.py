"""Compares the decoder with the document's test vectors: python3 check_vectors.py docs/vectors"""

import json
import sys
from pathlib import Path

import probability
from container import decode_file
from floats import double_pattern, to_double
from formulas import read_formula
from frame import read_frame_header
from frame_decoder import decode_frame
from range_decoder import RangeDecoder
from reader import Reader, Refused


def differ(name, found, expected):
    if found != expected:
        raise AssertionError(f"{name}: {found} instead of {expected}")


def check_container(case):
    data = bytes.fromhex(case["bytes"])
    if case["name"] == "varint":
        try:
            found = str(Reader(data).varint())
        except Refused:
            found = None
        differ(f"varint {case['bytes']}", found, case["value"])
    elif "content" in case:
        differ(case["name"], decode_file(data).hex(), case["content"])


def check_range_coder(case):
    words = [int(word, 16) for word in case["words"]]
    bits, end = "", "used up"
    decoder = RangeDecoder(words)
    try:
        for p in case["probabilities"]:
            bits += str(decoder.bit(p))
    except Refused:
        end = "refused"
    else:
        try:
            decoder.finish()
        except Refused:
            end = "words left"
    differ(case["name"], (bits, end), (case["bits"], case["end"]))


def check_logistic(case):
    found = probability.SQUASH[probability.LIMIT :] if case["name"].startswith("squash") else probability.STRETCH
    differ(case["name"], found, case["values"])


def check_filters(case):
    reader = Reader(bytes.fromhex(case["frame"]))
    header = read_frame_header(reader)
    content = decode_frame(header, reader.take(header.payload_length))
    differ(case["name"], content.hex(), case["content"])


def check_formulas(case):
    inputs = [to_double(8, int(digits, 16)) for digits in case["inputs"]]
    operations = bytes.fromhex(case["operations"])
    count, at = 0, 0
    while at < len(operations):
        count, at = count + 1, at + (9 if operations[at] == 8 else 1)
    # As in a frame's header: the inputs, here of field 0 and kind float, and the number of operations before them.
    header = bytes([len(inputs), *[2] * len(inputs), count]) + operations
    formula = read_formula(Reader(header), 8)
    differ(case["operations"], f"{double_pattern(formula.value(inputs)):016x}", case["value"])


def check_mix(case):
    if "file" in case:
        differ(case["name"], decode_file(bytes.fromhex(case["file"])).hex(), case["content"])


CHECKS = {
    "container.json": check_container,
    "range_coder.json": check_range_coder,
    "logistic.json": check_logistic,
    "filters.json": check_filters,
    "formulas.json": check_formulas,
    "mix_*.json": check_mix,
}
# This decoder has no network.
LEFT_OUT = {"mix_network.json"}


def main(directory):
    for pattern, check in CHECKS.items():
        files = [path for path in sorted(Path(directory).glob(pattern)) if path.name not in LEFT_OUT]
        if not files:
            raise AssertionError(f"there is no {pattern} in {directory}")
        for path in files:
            for case in json.loads(path.read_text()):
                check(case)


if __name__ == "__main__":
    main(*sys.argv[1:])
