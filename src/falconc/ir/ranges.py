"""What is known about integers at a place: facts from loops, guards and Lets, and a small prover over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from falconc.ir.affine import Poly
from falconc.ir.nodes import Apply, Binary, Cast, Const, Expr, For, Load, Select, Unary, Var
from falconc.ir.types import BOOL, DType
from falconc.ir.walk import walk

Interval = tuple[int | None, int | None]  # None: unbounded
_BUDGET = 120
_NEGATED = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}


@dataclass(frozen=True, slots=True)
class Ranges:
    """Facts that hold at one place of a program. Extending it gives a new one.

    facts: polynomials known to be >= 0. defs: what Let names stand for. known: conditions with a known outcome.
    levels: how deep a name is bound (parameters are absent). No fact mentions memory, which may change.
    """

    facts: tuple[Poly, ...] = ()
    defs: dict[str, Expr] = field(default_factory=dict[str, Expr])
    known: dict[Expr, bool] = field(default_factory=dict[Expr, bool])
    levels: dict[str, int] = field(default_factory=dict[str, int])
    _polys: dict[Expr, Poly] = field(default_factory=dict[Expr, Poly], compare=False, repr=False)
    _meanings: dict[Expr, list[Poly]] = field(default_factory=dict[Expr, list[Poly]], compare=False, repr=False)
    _asked: set[Expr] = field(default_factory=set[Expr], compare=False, repr=False)

    # --- extending ----------------------------------------------------------------------------------------------

    def _with(self, facts: tuple[Poly, ...] = (), **changes: object) -> Ranges:
        return replace(self, facts=self.facts + facts, _polys={}, _meanings={}, _asked=set(), **changes)  # pyright: ignore[reportArgumentType]

    def loop(self, loop: For) -> Ranges:
        """Inside ``loop``: its variable lies between its bounds, which are not empty."""
        var = Poly.atom(Var(loop.var, loop.dtype))
        facts: list[Poly] = []
        if not _reads_memory(loop.lo):
            facts.append(var - self.poly(loop.lo))
        if not _reads_memory(loop.hi):
            facts.append(self._last(loop) - var)
        return self._with(tuple(facts), levels={**self.levels, loop.var: len(self.levels)})

    def _last(self, loop: For) -> Poly:
        """The largest value that the variable of a loop can take, or more."""
        lo, hi, step = self.poly(loop.lo), self.poly(loop.hi), self.poly(loop.step).constant
        span = (hi - lo).constant
        if span is not None and step is not None and span > 0:
            return lo + Poly.const((span - 1) // step * step)
        if step is not None and step > 1 and (hi - lo).divided(step) is not None:
            return hi - Poly.const(step)
        return hi - Poly.const(1)

    def let(self, name: str, value: Expr) -> Ranges:
        """After ``const name = value``."""
        levels = {**self.levels, name: len(self.levels)}
        if _reads_memory(value):
            return self._with(levels=levels)
        return self._with(levels=levels, defs={**self.defs, name: value})

    def assume(self, cond: Expr, outcome: bool = True) -> Ranges:
        """Where ``cond`` is known to have this outcome."""
        match cond:
            case Unary(op="lnot"):
                return self.assume(cond.operand, not outcome)
            case Binary(op="land") if outcome:
                return self.assume(cond.left).assume(cond.right)
            case Binary(op="lor") if not outcome:
                return self.assume(cond.left, False).assume(cond.right, False)
            case Select() if outcome and cond.orelse == Const(False, BOOL):
                return self.assume(cond.cond).assume(cond.then)
            case Select() if not outcome and cond.then == Const(True, BOOL):
                return self.assume(cond.cond, False).assume(cond.orelse, False)
            case Var() if cond.name in self.defs:
                return self.assume(self.defs[cond.name], outcome)._with(known={**self.known, cond: outcome})
            case _:
                return self._assume_one(cond, outcome)

    def _assume_one(self, cond: Expr, outcome: bool) -> Ranges:
        if _reads_memory(cond):
            return self
        known = {**self.known, cond: outcome}
        if not (isinstance(cond, Binary) and cond.op in _NEGATED and _is_number(cond.left.dtype)):
            return self._with(known=known)
        op = cond.op if outcome else _NEGATED[cond.op]
        difference = self.poly(cond.right) - self.poly(cond.left)
        one = Poly.const(1)
        facts: dict[str, tuple[Poly, ...]] = {
            "lt": (difference - one,),
            "le": (difference,),
            "gt": (-difference - one,),
            "ge": (-difference,),
            "eq": (difference, -difference),
            "ne": (),
        }
        return self._with(facts[op], known=known)

    # --- expressions as polynomials -----------------------------------------------------------------------------

    def poly(self, e: Expr) -> Poly:
        """The mathematical value of an integer expression. What could wrap and is not signed stays opaque, and so does
        what is asked for while it is being found out."""
        found = self._polys.get(e)
        if found is None:
            self._polys[e] = Poly.atom(e)
            found = self._polys[e] = self._poly(e)
        return found

    def _poly(self, e: Expr) -> Poly:
        match e:
            case Const() if e.dtype.is_integer:
                return Poly.const(int(e.value))
            case Binary(op="add" | "sub" | "mul"):
                left, right = self.poly(e.left), self.poly(e.right)
                value = left + right if e.op == "add" else left - right if e.op == "sub" else left * right
                return value if e.dtype.is_signed or self.fits(value, e.dtype) else Poly.atom(e)
            case Unary(op="neg") if e.dtype.is_signed:
                return -self.poly(e.operand)
            case Cast() if _is_number(e.operand.dtype) and _is_number(e.dtype):
                value = self.poly(e.operand)
                kept = _holds(e.dtype, e.operand.dtype) or self.fits(value, e.dtype)
                return value if kept else Poly.atom(e)
            case Binary(op="shl") if isinstance(e.right, Const) and 0 <= e.right.value < e.dtype.bits:
                value = self.poly(e.left) * (1 << int(e.right.value))
                return value if self.fits(value, e.dtype) else Poly.atom(e)
            case Binary(op="shr") if isinstance(e.right, Const) and 0 <= e.right.value < e.dtype.bits - 1:
                if self.nonnegative(self.poly(e.left)):
                    return self.poly(Binary("div", e.left, Const(1 << int(e.right.value), e.dtype)))
                return Poly.atom(e)
            case Binary(op="and") if _mask_bits(e.right) and self.nonnegative(self.poly(e.left)):
                assert isinstance(e.right, Const)
                if int(e.right.value) + 1 <= e.dtype.highest:
                    return self.poly(Binary("mod", e.left, Const(int(e.right.value) + 1, e.dtype)))
                return Poly.atom(e)
            case Binary(op="div" | "mod" | "floordiv" | "floormod"):
                return self._quotient(e) or Poly.atom(e)
            case _:
                return Poly.atom(e)

    def _quotient(self, e: Binary) -> Poly | None:
        """A division or remainder that the ranges decide: (a * 16 + b) / 16 with 0 <= b < 16 is a."""
        x, divisor = self.poly(e.left), self.poly(e.right)
        if not self.nonnegative(divisor - Poly.const(1)):
            return None
        parts = x.by_divisor(divisor)
        if parts is None:
            parts = Poly(), x
        q, r = parts
        rounds_down = e.op in ("floordiv", "floormod")
        quotient = e.op in ("div", "floordiv")
        if not r.terms:
            return q if quotient else r
        within = self.nonnegative(r) and self.nonnegative(divisor - r - Poly.const(1))
        if within and (rounds_down or self.nonnegative(x)):
            return q if quotient else r
        if not q.terms or not (rounds_down or (self.nonnegative(r) and self.nonnegative(x))):
            return None
        rest = self._remainder_atom(e, r)
        if rest is None:
            return None
        return q + rest if quotient else rest

    def _remainder_atom(self, e: Binary, r: Poly) -> Poly | None:
        """``r`` divided by e's divisor as an opaque term; only for a single term of e's own type."""
        if len(r.terms) != 1 or not r.terms[0][0]:
            return None
        ((monomial, c),) = r.terms
        if c != 1 or len(monomial) != 1 or monomial[0].dtype != e.dtype:
            return None
        return Poly.atom(Binary(e.op, monomial[0], e.right))

    def expanded(self, p: Poly) -> Poly:
        """``p`` with Let names replaced by what they stand for."""
        for _ in range(24):
            new = p.substituted(self._definition)
            if new is p:
                return p
            p = new
        return p

    def _definition(self, atom: Expr) -> Poly | None:
        if not isinstance(atom, Var) or atom.name not in self.defs:
            return None
        value = self.poly(self.defs[atom.name])
        return None if value == Poly.atom(atom) else value

    # --- intervals ----------------------------------------------------------------------------------------------

    def interval(self, p: Poly) -> Interval:
        """Numeric bounds of a polynomial, from types and facts about single names."""
        lo: int | None = 0
        hi: int | None = 0
        for monomial, c in p.terms:
            bounds: Interval = (1, 1)
            for a in monomial:
                bounds = _times(bounds, self.atom_interval(a))
            bounds = _times(bounds, (c, c))
            lo = None if lo is None or bounds[0] is None else lo + bounds[0]
            hi = None if hi is None or bounds[1] is None else hi + bounds[1]
        return lo, hi

    def atom_interval(self, atom: Expr) -> Interval:
        """Numeric bounds of an opaque term."""
        if not atom.dtype.is_integer:
            return None, None
        if atom in self._asked:  # a fact about it leads back to it
            return atom.dtype.lowest, atom.dtype.highest
        self._asked.add(atom)
        lo, hi = self._own_interval(atom)
        self._asked.discard(atom)
        for f in self.facts:
            parts = f.split(atom) if len(f.terms) <= 2 else None
            if parts is None or not parts[0].terms:
                continue
            k, r = parts[0].constant, parts[1].constant
            if k is None or r is None:
                continue
            if k > 0:
                lo = max(lo, -(r // k))
            else:
                hi = min(hi, r // -k)
        return lo, hi

    def _own_interval(self, atom: Expr) -> tuple[int, int]:
        lo, hi = atom.dtype.lowest, atom.dtype.highest
        match atom:
            case Binary(op="mod" | "floormod") if isinstance(atom.right, Const) and atom.right.value > 0:
                top = int(atom.right.value) - 1
                plain = atom.op == "floormod" or self.nonnegative(self.poly(atom.left))
                return (0 if plain else max(lo, -top)), top
            case Binary(op="div" | "floordiv") if isinstance(atom.right, Const) and atom.right.value > 0:
                below, above = self.interval(self.expanded(self.poly(atom.left)))
                c = int(atom.right.value)
                below = lo if below is None else below
                above = hi if above is None else above
                down = below // c if atom.op == "floordiv" or below >= 0 else -(-below // c)
                up = above // c if atom.op == "floordiv" or above >= 0 else -(-above // c)
                return max(lo, down), min(hi, up)
            case Binary(op="shl") if isinstance(atom.left, Const) and atom.left.value >= 0:
                below, above = self.interval(self.poly(atom.right))
                if below is None or above is None or below < 0 or above > 63 or int(atom.left.value) << above > hi:
                    return lo, hi
                return int(atom.left.value) << below, int(atom.left.value) << above
            case Binary(op="and") if isinstance(atom.right, Const) and atom.right.value >= 0:
                return 0, int(atom.right.value)
            case Binary(op="min" | "max"):
                a, b = self.interval(self.poly(atom.left)), self.interval(self.poly(atom.right))
                pick = min if atom.op == "min" else max
                low = lo if a[0] is None or b[0] is None else pick(a[0], b[0])
                high = hi if a[1] is None or b[1] is None else pick(a[1], b[1])
                return max(lo, low), min(hi, high)
            case Select():
                a, b = self.interval(self.poly(atom.then)), self.interval(self.poly(atom.orelse))
                low = lo if a[0] is None or b[0] is None else min(a[0], b[0])
                high = hi if a[1] is None or b[1] is None else max(a[1], b[1])
                return max(lo, low), min(hi, high)
            case Cast() if atom.operand.dtype.is_integer and _holds(atom.dtype, atom.operand.dtype):
                return atom.operand.dtype.lowest, atom.operand.dtype.highest
            case Apply(function="popcount" | "clz" | "ffs"):
                return 0, atom.args[0].dtype.bits
            case _:
                return lo, hi

    # --- proving ------------------------------------------------------------------------------------------------

    def fits(self, p: Poly, dtype: DType) -> bool:
        """Whether the value of ``p`` is certainly in the range of an integer type."""
        lo, hi = self.interval(p)
        low = (lo is not None and lo >= dtype.lowest) or self.nonnegative(p - Poly.const(dtype.lowest))
        return low and ((hi is not None and hi <= dtype.highest) or self.nonnegative(Poly.const(dtype.highest) - p))

    def nonnegative(self, p: Poly) -> bool:
        """Whether ``p`` >= 0 is certain."""
        search = _Search(self, {}, _BUDGET)
        return search.prove(p, 6) or (p != (wide := self.expanded(p)) and search.prove(wide, 6))

    def decide(self, cond: Expr) -> bool | None:
        """The outcome of a condition, where it is certain."""
        if cond in self.known:
            return self.known[cond]
        if not (isinstance(cond, Binary) and cond.op in _NEGATED and _is_number(cond.left.dtype)):
            return None
        difference = self.poly(cond.right) - self.poly(cond.left)
        one = Poly.const(1)
        above, below = difference - one, -difference - one  # right > left; right < left
        match cond.op:
            case "lt":
                return self._either(above, -difference)
            case "ge":
                return self._either(-difference, above)
            case "gt":
                return self._either(below, difference)
            case "le":
                return self._either(difference, below)
            case _:
                if self.nonnegative(above) or self.nonnegative(below):
                    return cond.op == "ne"
                if not difference.terms or (self.nonnegative(difference) and self.nonnegative(-difference)):
                    return cond.op == "eq"
                return None

    def _either(self, true: Poly, false: Poly) -> bool | None:
        if self.nonnegative(true):
            return True
        return False if self.nonnegative(false) else None

    def facts_about(self, atom: Expr) -> Iterator[Poly]:
        """Polynomials >= 0 that mention ``atom``, innermost first."""
        for f in reversed(self.facts):
            if any(atom in m for m, _ in f.terms):
                yield f
        yield from self._inherent(atom)

    def _inherent(self, atom: Expr) -> list[Poly]:
        """What holds for an opaque term by its meaning; nothing while that is being found out."""
        found = self._meanings.get(atom)
        if found is None:
            self._meanings[atom] = []
            found = self._meanings[atom] = list(self._by_meaning(atom))
        return found

    def _by_meaning(self, atom: Expr) -> Iterator[Poly]:
        it = Poly.atom(atom)
        match atom:
            case Binary(op="div" | "floordiv"):
                x, c = self.poly(atom.left), self.poly(atom.right)
                if self.nonnegative(c - Poly.const(1)) and (atom.op == "floordiv" or self.nonnegative(x)):
                    yield x - c * it
                    yield c * it + c - Poly.const(1) - x
            case Binary(op="mod" | "floormod"):
                x, c = self.poly(atom.left), self.poly(atom.right)
                if self.nonnegative(c - Poly.const(1)) and (atom.op == "floormod" or self.nonnegative(x)):
                    yield it
                    yield c - Poly.const(1) - it
                    if self.nonnegative(x):
                        yield x - it
            case Binary(op="min"):
                yield self.poly(atom.left) - it
                yield self.poly(atom.right) - it
            case Binary(op="max"):
                yield it - self.poly(atom.left)
                yield it - self.poly(atom.right)
            case Select(cond=Binary(op="lt" | "le" | "gt" | "ge") as cond) if {cond.left, cond.right} == {
                atom.then,
                atom.orelse,
            }:  # a < b ? a : b is the smaller one
                smaller = (cond.op in ("lt", "le")) == (cond.left == atom.then)
                for side in (self.poly(atom.then), self.poly(atom.orelse)):
                    yield side - it if smaller else it - side
            case _:
                pass

    def level(self, atom: Expr) -> int:
        """How deep the innermost name in ``atom`` is bound; -1 for parameters."""
        return max((self.levels.get(n.name, -1) for n in walk(atom) if isinstance(n, Var)), default=-1)


@dataclass(slots=True)
class _Search:
    """Proves p >= 0 by subtracting non-negative multiples of facts until an interval decides."""

    ranges: Ranges
    seen: dict[Poly, int]
    budget: int

    def prove(self, p: Poly, depth: int) -> bool:
        if not p.terms:
            return True
        lo, hi = self.ranges.interval(p)
        if lo is not None and lo >= 0:
            return True
        if depth == 0 or self.budget <= 0 or self.seen.get(p, -1) >= depth or (hi is not None and hi < 0):
            return False
        self.seen[p] = depth
        self.budget -= 1
        atoms = sorted(p.atoms(), key=lambda a: (-self.ranges.level(a), repr(a)))
        return any(self._eliminate(p, a, depth) for a in atoms)

    def _eliminate(self, p: Poly, atom: Expr, depth: int) -> bool:
        parts = p.split(atom)
        if parts is None:
            return False
        k = parts[0]
        for fact in self.ranges.facts_about(atom):
            mine = fact.split(atom)
            c = mine[0].constant if mine else None
            if not c:
                continue
            multiple = k.divided(c)
            if multiple is not None and self._positive(multiple) and self.prove(p - multiple * fact, depth - 1):
                return True
        return False

    def _positive(self, k: Poly) -> bool:
        value = k.constant
        if value is not None:
            return value > 0
        lo, _ = self.ranges.interval(k)
        return (lo is not None and lo >= 0) or self.prove(k, 2)


def _times(a: Interval, b: Interval) -> Interval:
    if None in a or None in b:
        if a == (0, 0) or b == (0, 0):
            return 0, 0
        if a[0] is not None and b[0] is not None and a[0] >= 0 and b[0] >= 0:
            return a[0] * b[0], None
        return None, None
    products = [x * y for x in a for y in b if x is not None and y is not None]
    return min(products), max(products)


def _is_number(dtype: DType) -> bool:
    return dtype.is_integer and dtype != BOOL


def _holds(wide: DType, narrow: DType) -> bool:
    return wide.lowest <= narrow.lowest and narrow.highest <= wide.highest


def _mask_bits(e: Expr) -> int:
    """k where ``e`` is the constant 2^k - 1, else 0."""
    if not isinstance(e, Const) or e.value <= 0 or int(e.value) & (int(e.value) + 1):
        return 0
    return int(e.value).bit_length()


def _reads_memory(e: Expr) -> bool:
    return any(isinstance(n, Load) for n in walk(e))
