"""The tracer's arithmetic, from docs/formats/score.md, bit for bit.

A logarithm is an integer in units of 2^-32. Doubles are added and multiplied only, in the order that is given there.
"""

import math
from functools import lru_cache

FRACTION = 32
ONE = 1 << 62
NEG_INFINITY = -(1 << 61)
I64_MAX, I64_MIN = (1 << 63) - 1, -(1 << 63)


def clamp(value, low, high):
    return low if value < low else high if value > high else value


def add(*terms):
    total = terms[0]
    for term in terms[1:]:
        total = clamp(total + term, I64_MIN, I64_MAX)
    return total


def sub(one, other):
    return clamp(one - other, I64_MIN, I64_MAX)


def neg(value):
    return clamp(-value, I64_MIN, I64_MAX)


def total(terms):
    result = 0
    for term in terms:
        result = clamp(result + term, I64_MIN, I64_MAX)
    return result


def toward_zero(value, divisor):
    quotient = abs(value) // divisor
    return quotient if value >= 0 else -quotient


def bits(number):
    return number << FRACTION


def _scale_down(value):
    exponent = value.bit_length() - 1
    scaled = value >> (exponent - 63) if exponent >= 63 else value << (63 - exponent)
    return scaled, exponent


def _scale_up(value):
    scaled, exponent = _scale_down(value)
    if exponent > 63 and value & ((1 << (exponent - 63)) - 1):
        scaled += 1
    return (1 << 63, exponent + 1) if scaled >> 64 else (scaled, exponent)


def _fraction(mantissa):
    result = 0
    for _ in range(FRACTION):
        square = (mantissa * mantissa) >> 62
        carry = 1 if square >= 2 << 62 else 0
        result = result << 1 | carry
        mantissa = square >> carry
    return result


@lru_cache(maxsize=1 << 18)
def floor_ratio(num, den):
    if num == 0:
        return NEG_INFINITY
    num, num_exponent = _scale_down(num)
    den, den_exponent = _scale_up(max(den, 1))
    quotient = (num << 63) // den
    exponent = num_exponent - den_exponent - 1
    while quotient >= 2 << 62:
        quotient >>= 1
        exponent += 1
    return (exponent << FRACTION) + _fraction(quotient)


def ceil_ratio(num, den):
    return neg(floor_ratio(den, max(num, 1)))


def ceil_float(value):
    if value != value or value <= 0.0:
        return NEG_INFINITY
    mantissa, exponent = math.frexp(value)
    # The mantissa as an integer: 53 bits for a normal number, fewer for a subnormal one.
    if exponent - 53 < -1074:
        return add(ceil_ratio(int(math.ldexp(value, 1074)), 1), bits(-1074))
    return add(ceil_ratio(int(math.ldexp(mantissa, 53)), 1), bits(exponent - 53))


def floor_float(value):
    up = ceil_float(value)
    return up if up <= NEG_INFINITY else sub(up, 4)


def _roots():
    roots, root = [], 2 << 62
    for _ in range(FRACTION):
        root = math.isqrt(root << 62)
        roots.append(root)
    return roots


def _times(one, other):
    return (one * other) >> 62


def _powers():
    roots, powers = _roots(), []
    for k in range(4):
        row = []
        for byte in range(256):
            power = ONE
            for bit in range(8):
                if byte >> (7 - bit) & 1:
                    power = _times(power, roots[8 * k + bit])
            row.append(power)
        powers.append(row)
    return powers


_POWERS = _powers()


def exp2_down(x):
    whole = x >> FRACTION
    if whole < -62:
        return 0
    low = x & 0xFFFFFFFF
    one = _times(_POWERS[0][low >> 24], _POWERS[1][low >> 16 & 255])
    other = _times(_POWERS[2][low >> 8 & 255], _POWERS[3][low & 255])
    product = _times(one, other)
    return product << min(whole, 1) if whole >= 0 else product >> -whole


def power_of_two(exponent):
    return math.ldexp(1.0, clamp(exponent, -1022, 1023))


def exp2_up(x):
    whole = x >> FRACTION
    if whole < -1000:
        return power_of_two(-1000)
    mantissa = float(exp2_down((x & 0xFFFFFFFF) - bits(1)))
    return mantissa * (1.0 + power_of_two(-25)) * power_of_two(min(whole, 1000) + 1 - 62)


def sum_down(terms):
    top = max(terms, default=NEG_INFINITY)
    if top <= NEG_INFINITY:
        return NEG_INFINITY
    return add(top, floor_ratio(sum(exp2_down(sub(term, top)) for term in terms), ONE))


def sum_up(terms):
    top = max(terms, default=NEG_INFINITY)
    if top <= NEG_INFINITY:
        return NEG_INFINITY
    units = (exp2_down(sub(term, top)) for term in terms)
    return add(top, ceil_ratio(sum(unit + (unit >> 26) + 2 for unit in units), ONE))


# A double and a power of two. None of the doubles is negative.

ROUNDING = 1.0 / (1 << 28)
ZERO = (0.0, -(1 << 61))


def scaled(value, exponent):
    return (value, exponent) if value > 0.0 else ZERO


def scaled_exp2(x):
    whole = x >> 32
    return scaled(exp2_up(x - (whole << 32)), whole)


def _whole(value):
    return math.frexp(value)[1] - 1


def scaled_plus(one, other):
    large, small = (one, other) if one[1] >= other[1] else (other, one)
    apart = large[1] - small[1]
    if apart == 0:
        return (large[0] + small[0], large[1])
    if apart > 900:
        # The whole part of the logarithm of nothing is that of its exponent's bits.
        whole = [(_whole(v) if v > 0.0 else -1023) + e for v, e in (large, small)]
        return small if whole[0] < whole[1] else large
    return (large[0] + small[0] * math.ldexp(1.0, -apart), large[1])


def _normal(number):
    value, exponent = number
    if value <= 0.0:
        return ZERO
    whole = _whole(value)
    half = toward_zero(whole, 2)
    return (value * math.ldexp(1.0, -half) * math.ldexp(1.0, -(whole - half)), exponent + whole)


def scaled_times(one, other):
    one, other = _normal(one), _normal(other)
    return scaled(one[0] * other[0], one[1] + other[1])


def scaled_over(one, other):
    if other[0] == 0.0:
        return ZERO
    one, other = _normal(one), _normal(other)
    return scaled(one[0] / other[0], one[1] - other[1])


def scaled_down(number):
    return (number[0] * (1.0 - ROUNDING), number[1])


def scaled_up(number):
    return (number[0] * (1.0 + ROUNDING), number[1])


def scaled_log_down(number):
    return add(floor_float(number[0]), number[1] << 32) if number[0] > 0.0 else NEG_INFINITY
