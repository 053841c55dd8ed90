"""Elementary functions of doubles, each a fixed sequence of IEEE operations (section 27)."""

import math
from fractions import Fraction

from floats import to_double

NAN, INFINITY = math.nan, math.inf


def pattern(digits):
    return to_double(8, int(digits, 16))


P1, P2, P3 = map(pattern, ("3FF921FB54400000", "3DD0B4611A600000", "3BA3198A2E037073"))
L1, L2 = map(pattern, ("3FE62E42FEE00000", "3DEA39EF35793C76"))
HALF_PI, PI, TWO_PI, LN_2 = math.pi / 2, math.pi, 2 * math.pi, math.log(2)
ARC_TANGENTS = [0.0] + [
    pattern(digits)
    for digits in (
        "3FBFD5BA9AAC2F6E", "3FCF5B75F92C80DD", "3FD6F61941E4DEF1", "3FDDAC670561BB4F",
        "3FE1E00BABDEFEB4", "3FE4978FA3269EE1", "3FE700A7C5784634", "3FE921FB54442D18",
    )
]



def inverse_factorial(n):
    return Fraction(1, math.factorial(n))


def alternating(n):
    """The sign of term n of a series in steps of two that begins with a negative one."""
    return -1 if n // 2 % 2 else 1


SINE = [float(alternating(n) * inverse_factorial(n)) for n in range(3, 18, 2)]
COSINE = [float(alternating(n) * inverse_factorial(n)) for n in range(2, 19, 2)]
EXP = [float(inverse_factorial(n)) for n in range(14)]
SINH = [float(inverse_factorial(n)) for n in range(3, 20, 2)]
LOG = [float(Fraction(1, n)) for n in range(3, 22, 2)]
ATAN = [float(alternating(n) * Fraction(1, n)) for n in range(3, 14, 2)]


def series(terms, z):
    total = terms[-1]
    for term in reversed(terms[:-1]):
        total = total * z + term
    return total


def divide(x, y):
    if y != 0 or math.isnan(y):
        return x / y
    if x == 0 or math.isnan(x):
        return NAN
    return math.copysign(INFINITY, x) * math.copysign(1.0, y)


def root(x):
    return math.sqrt(x) if x >= 0 else (x if x == 0 else NAN)


def nearest(x):
    """The integer nearest to a finite x, ties to even; a zero has the sign of x."""
    return math.copysign(float(round(x)), x)


def less(x, n):
    return ((x - n * P1) - n * P2) - n * P3


def sine_and_cosine(x):
    if not abs(x) <= 2.0**20:
        return NAN, NAN
    n = nearest(x / HALF_PI)
    r = less(x, n)
    z = r * r
    s = r + r * (z * series(SINE, z))
    c = 1.0 + z * series(COSINE, z)
    return ((s, c), (c, -s), (-s, -c), (-c, s))[int(n) % 4]


def sin(x):
    return sine_and_cosine(x)[0]


def cos(x):
    return sine_and_cosine(x)[1]


def turn(x):
    if not abs(x) <= 2.0**20:
        return NAN
    return less(x, 4.0 * nearest(x / TWO_PI))


def exp(x):
    if math.isnan(x):
        return x
    x = max(-1000.0, min(1000.0, x))
    n = nearest(x / LN_2)
    r = (x - n * L1) - n * L2
    half = int(n) // 2
    return series(EXP, r) * power_of_two(half) * power_of_two(int(n) - half)


def power_of_two(n):
    return math.ldexp(1.0, n)


def area(s):
    """Twice the inverse hyperbolic tangent of a small s."""
    z = s * s
    return 2.0 * s + 2.0 * s * (z * series(LOG, z))


def log(x):
    if math.isnan(x) or x < 0:
        return NAN
    if x == 0:
        return -INFINITY
    if x == INFINITY:
        return x
    m, n = math.frexp(x)
    # frexp's m is from 0.5 up to 1.
    m, n = 2.0 * m, float(n - 1)
    if m > math.sqrt(2.0):
        m, n = 0.5 * m, n + 1.0
    return n * L1 + (area((m - 1.0) / (m + 1.0)) + n * L2)


def with_sign_of(x, magnitude):
    """A zero of either sign is positive."""
    return -magnitude if x < 0 else magnitude


def sinh(x):
    if abs(x) < 1:
        z = x * x
        return x + x * (z * series(SINH, z))
    e = exp(abs(x))
    return with_sign_of(x, 0.5 * (e - divide(1.0, e)))


def cosh(x):
    e = exp(abs(x))
    return 0.5 * (e + divide(1.0, e))


def asinh(x):
    a = abs(x)
    if a > 2.0**28:
        result = log(a) + LN_2
    else:
        q = a * a
        u = a + q / (1.0 + root(1.0 + q))
        result = area(u / (2.0 + u)) if u < 0.375 else log(1.0 + u)
    return with_sign_of(x, result)


def atan2(y, x):
    a, b = abs(y), abs(x)
    t = 0.0 if a == b == 0 else (divide(b, a) if a > b else divide(a, b))
    if math.isnan(t):
        return NAN
    i = nearest(8.0 * t)
    eighths = i / 8.0
    r = (t - eighths) / (1.0 + t * eighths)
    z = r * r
    w = ARC_TANGENTS[int(i)] + (r + r * (z * series(ATAN, z)))
    if a > b:
        w = HALF_PI - w
    if x < 0:
        w = PI - w
    return -w if y < 0 else w


FUNCTIONS = {function.__name__: function for function in (sin, cos, sinh, cosh, asinh, exp, log, atan2, turn)}
