"""Formulas: operations on doubles (section 27)."""

import math
from dataclasses import dataclass

from elementary import FUNCTIONS, divide, root
from floats import to_double
from reader import Refused

MAX_OPERATIONS = 64
MAX_STACK = 8
CONSTANT, AGAIN = 8, 9
BINARY = {
    10: lambda x, y: x + y,
    11: lambda x, y: x - y,
    12: lambda x, y: x * y,
    13: divide,
    22: FUNCTIONS["atan2"],
}
UNARY = {14: root, **{15 + n: FUNCTIONS[name] for n, name in enumerate("sin cos sinh cosh asinh exp log".split())}}
UNARY[23] = FUNCTIONS["turn"]


@dataclass
class Formula:
    """Each input is the number of a field and a kind; each operation a byte and, of a constant, a double."""

    inputs: list
    operations: list

    def value(self, inputs):
        stack = []
        for operation, constant in self.operations:
            if operation < CONSTANT:
                stack.append(inputs[operation])
            elif operation == CONSTANT:
                stack.append(constant)
            elif operation == AGAIN:
                stack.append(stack[-1])
            elif operation in BINARY:
                y = stack.pop()
                stack.append(BINARY[operation](stack.pop(), y))
            else:
                stack.append(UNARY[operation](stack.pop()))
        return stack[0] if math.isfinite(stack[0]) else 0.0


def read_formula(reader, max_inputs):
    inputs = []
    for _ in range(reader.u8_within(1, max_inputs, "the number of a formula's inputs")):
        number, kind = divmod(reader.varint(), 4)
        if kind == 3:
            raise Refused("an input has a kind that there is not")
        inputs.append((number, kind))
    operations = []
    for _ in range(reader.u8_within(1, MAX_OPERATIONS, "the number of operations")):
        operation = reader.u8_within(0, 23, "an operation")
        constant = to_double(8, reader.number(8)) if operation == CONSTANT else None
        operations.append((operation, constant))
    return checked(Formula(inputs, operations))


def checked(formula):
    """The formula, if its operations have what they take and leave one number."""
    height = 0
    for operation, constant in formula.operations:
        if operation < CONSTANT:
            needed, height = 0, height + 1
            if operation >= len(formula.inputs):
                raise Refused("a formula takes an input that it does not have")
        elif operation == CONSTANT:
            needed, height = 0, height + 1
            if not math.isfinite(constant):
                raise Refused("a constant is not finite")
        elif operation == AGAIN:
            needed, height = 2, height + 1
        elif operation in BINARY:
            needed, height = 1, height - 1
        else:
            needed = 1
        if height < needed or height > MAX_STACK:
            raise Refused("a formula's stack has too few numbers, or too many")
    if height != 1:
        raise Refused("a formula ends with more than one number")
    return formula
