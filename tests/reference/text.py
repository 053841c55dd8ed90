"""What a lane keeps of text, and the contexts of text (section 15)."""

from hashing import MASK, fold

SEPARATORS = b" ,\t;=\n"
FORMATS = {code: n for n, code in enumerate(b" ,.-+\n<>=\"/", 4)}


def is_digit(x):
    return 48 <= x <= 57


def is_small(x):
    return 97 <= x <= 122


def is_capital(x):
    return 65 <= x <= 90


class TextState:
    def __init__(self):
        self.word = self.last_word = 0
        self.token = self.first = self.field = 0
        self.tokens = {}
        self.after_separator = False
        self.exponent = self.whole = self.fraction = self.number = 0
        self.number_begun = False
        self.format = 0
        self.phase = 0
        # How many bytes of its own the lane has seen; where this line and the two before begin, counted in them.
        self.seen = 0
        self.lines = [0, 0, 0]

    @property
    def digits(self):
        return self.whole << 5 | self.fraction

    def stored_token(self):
        return self.tokens.get((self.first % 8, min(self.field, 15)), 0)

    def learn(self, x):
        self.seen += 1
        self.learn_word(x)
        self.learn_field(x)
        self.learn_number(x)
        kind = 1 if is_digit(x) else 2 if is_small(x) else 3 if is_capital(x) else FORMATS.get(x, 15)
        self.format = (self.format << 4 | kind) & MASK
        self.phase = self.phase_after(x)

    def learn_word(self, x):
        if is_digit(x) or is_small(x) or is_capital(x):
            self.word = fold(self.word, x)
        elif self.word:
            self.last_word, self.word = self.word, 0

    def learn_field(self, x):
        separator = x in SEPARATORS
        if not separator:
            self.token = fold(self.token, x)
        elif not self.after_separator or x == ord(","):
            self.tokens[self.first % 8, min(self.field, 15)] = self.token
            if self.field == 0:
                self.first = self.token
            self.token = 0
            self.field = min(255, self.field + 1)
        if x == ord("\n"):
            self.lines = [self.seen, *self.lines[:2]]
            self.first = self.field = 0
        self.after_separator = separator

    def learn_number(self, x):
        if x in b"eE" and self.number_begun:
            self.exponent = 1
        elif x in b"+-" and self.exponent == 1:
            self.exponent = 2
        elif is_digit(x) and self.exponent > 0:
            self.exponent = max(3, min(4, self.exponent + 1))
        else:
            self.exponent = 0
        if is_digit(x):
            if self.fraction:
                self.fraction = min(31, self.fraction + 1)
            else:
                self.whole = min(31, self.whole + 1)
            self.number = fold(self.number, x)
            self.number_begun = True
        elif x == ord("."):
            self.fraction = 1
            self.number = fold(self.number, x)
        else:
            self.whole = self.fraction = self.number = 0
            self.number_begun = False

    def phase_after(self, x):
        if self.exponent:
            return 13
        if x == ord("\n"):
            return 0
        if x in b" ,\t;":
            return 1
        if is_small(x) or is_capital(x):
            return 2
        if x == ord("."):
            return 5
        if not is_digit(x):
            return 14
        fraction = self.fraction
        if fraction == 0:
            return 3 if self.whole <= 1 else 4
        if fraction <= 4:
            return 4 + fraction
        for greatest, phase in ((6, 9), (10, 10), (15, 11)):
            if fraction <= greatest:
                return phase
        return 12


def text_contexts(h, text):
    back = h.back
    p1, p2, p3, p4, p5, p6, p7, p8 = (back(lag) for lag in range(1, 9))
    o2 = p1 | p2 << 9
    o3 = o2 | p3 << 18
    o4 = o3 | p4 << 27
    o5 = o4 | p5 << 36
    o6 = fold(o4, p5 | p6 << 9)
    o8 = fold(o6, p7 | p8 << 9)
    column = text.seen - text.lines[0]
    a, a1 = above(h, text, 1)
    b, b1 = above(h, text, 2)
    first_and_field = fold(text.first, text.field)
    return (
        fold(first_and_field, text.digits),
        column << 18 | p1 << 9 | a,
        fold(text.word, p1),
        o2,
        fold(text.number, text.field),
        fold(text.format & 0xFFFFFFFF, o2),
        text.format,
        fold(p1 | a << 9 | a1 << 18, b | b1 << 9),
        fold(text.field, fold(text.token, text.stored_token())),
        text.digits << 9 | p1,
        column << 18 | a1 << 9 | a,
        p1,
        o4,
        o6,
        o5,
        fold(text.word, text.last_word),
        o8,
        o3,
        text.digits << 18 | o2,
        fold(text.field, fold(text.first, o2)),
    )


def above(h, text, number):
    """The byte as far into a line before as the one to predict into its own, and the one behind it."""
    at = text.lines[number] + text.seen - text.lines[0]
    if at >= text.lines[number - 1]:
        return 256, 256
    lag = text.seen - at
    return h.back(lag), h.back(lag - 1)
