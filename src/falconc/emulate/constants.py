"""Float constants as exact values: the simplest rational inside half an ulp, and the symbols (ln 2, pi ...) that stand
for irrational ones, each as residues in the two prime fields of ``arith.h``."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from falconc.ir.types import F64, DType

P = 0xFFFFFFFFFFFAEEF
Q = 0x7FFFFFFFFFFD777
_DIGITS = {"f16": 11, "bf16": 8, "f32": 24, "f64": 53}
_LARGEST_DENOMINATOR = 1 << 22


@dataclass(frozen=True, slots=True)
class Exact:
    """A constant: residues mod P and mod Q, and its double."""

    p: int
    q: int
    value: float


def _random(name: str, modulus: int) -> int:
    digest = hashlib.sha256(f"falconc {name} {modulus}".encode()).digest()
    return int.from_bytes(digest, "big") % modulus


def _inverse_square(s: int, modulus: int) -> int:
    return pow(s * s, -1, modulus)


def _symbols(modulus: int) -> dict[str, tuple[int, float]]:
    """Residues of the irrational building blocks; relations between them hold exactly."""
    ln2, ln10, e = (_random(n, modulus) for n in ("ln2", "ln10", "e"))
    root_pi_inverse = _random("1/sqrt(pi)", modulus)
    sqrt2 = pow(2, (modulus + 1) // 4, modulus)
    assert sqrt2 * sqrt2 % modulus == 2
    pi = _inverse_square(root_pi_inverse, modulus)
    inverse = {n: pow(v, -1, modulus) for n, v in (("ln2", ln2), ("ln10", ln10), ("pi", pi), ("sqrt2", sqrt2))}
    return {
        "ln2": (ln2, math.log(2)),
        "ln10": (ln10, math.log(10)),
        "log2e": (inverse["ln2"], 1 / math.log(2)),
        "log10e": (inverse["ln10"], 1 / math.log(10)),
        "log2(10)": (ln10 * inverse["ln2"] % modulus, math.log2(10)),
        "log10(2)": (ln2 * inverse["ln10"] % modulus, math.log10(2)),
        "e": (e, math.e),
        "pi": (pi, math.pi),
        "1/pi": (inverse["pi"], 1 / math.pi),
        "sqrt2": (sqrt2, math.sqrt(2)),
        "1/sqrt(pi)": (root_pi_inverse, 1 / math.sqrt(math.pi)),
        "sqrt(pi)": (pow(root_pi_inverse, -1, modulus), math.sqrt(math.pi)),
        "sqrt(2/pi)": (sqrt2 * root_pi_inverse % modulus, math.sqrt(2 / math.pi)),
        "sqrt(pi/2)": (pow(sqrt2 * root_pi_inverse, -1, modulus), math.sqrt(math.pi / 2)),
    }


_IN_P = _symbols(P)
_IN_Q = _symbols(Q)
_FACTORS = (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(4), Fraction(1, 4), Fraction(1, 180), Fraction(180))


def symbols_for_header() -> tuple[int, ...]:
    """ln2, ln10, pi, sqrt2: residues mod P and mod Q, in the order of ``fx::Symbols``."""
    return tuple(table[n][0] for n in ("ln2", "ln10", "pi", "sqrt2") for table in (_IN_P, _IN_Q))


def rounded(value: float, dtype: DType) -> float:
    """``value`` as dtype holds it (normal numbers; to nearest even)."""
    if not math.isfinite(value) or value == 0:
        return value
    scale = math.frexp(value)[1] - _DIGITS[dtype.name]
    return math.ldexp(float(round(Fraction(value) / Fraction(2) ** scale)), scale)


def half_ulp(value: float, dtype: DType) -> Fraction:
    """Half the distance between neighbours of ``value`` in dtype."""
    if value == 0:
        return Fraction(0)
    exponent = math.frexp(value)[1]
    return Fraction(2) ** (exponent - _DIGITS[dtype.name] - 1)


def simplest_between(lo: Fraction, hi: Fraction) -> Fraction:
    """The rational with the smallest denominator in [lo, hi], 0 < lo <= hi (Stern-Brocot)."""
    whole = lo.numerator // lo.denominator
    if whole == lo:
        return lo
    if whole + 1 <= hi:
        return Fraction(whole + 1)
    return whole + 1 / simplest_between(1 / (hi - whole), 1 / (lo - whole))


def _residue(x: Fraction, modulus: int) -> int:
    return x.numerator * pow(x.denominator, -1, modulus) % modulus


def _symbol(value: float, tolerance: Fraction) -> tuple[int, int] | None:
    for name, (residue, real) in _IN_P.items():
        for factor in _FACTORS:
            if abs(abs(Fraction(value)) - Fraction(real) * factor) <= tolerance:
                sign = -1 if value < 0 else 1
                p = sign * residue * _residue(factor, P) % P
                return p, sign * _IN_Q[name][0] * _residue(factor, Q) % Q
    return None


@cache
def exact(value: float, dtype: DType = F64) -> Exact:
    """What a float constant of type ``dtype`` stands for: a rational with a small denominator, else a symbol, else the
    value itself. Infinities and NaN have residues that only themselves share (``fx::embed`` makes them at run time)."""
    value = rounded(value, dtype)
    if not math.isfinite(value) or value == 0:
        return Exact(0, 0, value)
    true = Fraction(value)
    tolerance = half_ulp(value, dtype)
    near = simplest_between(abs(true) - tolerance, abs(true) + tolerance)
    near = near if value > 0 else -near
    integral = true.denominator == 1
    if integral or near.denominator <= 1 << (_DIGITS[dtype.name] // 3):
        best = true if integral else near
        return Exact(_residue(best, P), _residue(best, Q), value)
    found = _symbol(value, tolerance)
    if found:
        return Exact(*found, value)
    best = near if near.denominator <= _LARGEST_DENOMINATOR else true
    return Exact(_residue(best, P), _residue(best, Q), value)
