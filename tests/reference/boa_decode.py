"""Writes the content of a .boa file: python3 boa_decode.py FILE.boa > content"""

import sys

from container import decode_file
from reader import Refused


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], "rb") as file:
        data = file.read()
    try:
        content = decode_file(data)
    except Refused as reason:
        print(f"{arguments[0]}: {reason}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
