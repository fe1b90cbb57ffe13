"""Words that every C dialect shares; a platform's words.py starts from this table and adds or replaces.

Keys (a value with ``{0}``, ``{1}`` ... is a pattern, filled with printed operands):

    type.T              C type of the IR dtype T                       "float"
    header.WHAT         include that f16, bf16, integer (fixed-width types), math, infinity (and NAN) or memory (memcpy)
                        needs
    math.F.T            the pure function F of ir/functions.py on dtype T; 16-bit floats go through f32
    convert.TO.FROM     conversion by a function; a 16-bit float with one from f32 is computed with as f32
    test.F              a float -> bool function
    min.T, max.T        smaller, larger of two
    bitcast.TO.FROM     the same bits as another type
    atomic.OP.T         an Update that is one step: {0} address, {1} value, {2} desired value of cas
    axis.A, extent.A    index and extent of the parallel axis A ("block.x"); axis words are unsigned expressions
    pragma.KIND         line before a loop of that kind: core, unrolled, vector; {0} is the number of collapsed loops
    pragma.sum          line before a loop that adds to the scalars {0} along memory
    pragma.atomic       line before a compound assignment that is one step, where no function does it
    space.S             storage qualifier of an array in space S; spaces without a word cannot be declared
    array.dynamic       present where a local array's extent may be an expression
    barrier.SCOPE       statement
    lane.exchange.N     the value of a lane in a group of N: {0} mask of those that take part, {1} value, {2} lane
    lane.active         that mask for "whoever arrives"
    kernel.qualifier    before ``void NAME(``
    restrict            pointer qualifier
    launch              statement: {kernel} {grid} {block} {shared} {stream} {args}
    host.WORD           host API, shared with the routes between related dialects
    check.macro         name of the error check; check.text its definition
    define.KEY          definition printed once in the file when the word KEY was used
    file.open, .close   text before and after all functions
    reserved            names, separated by blanks, that an identifier must not have
"""

from __future__ import annotations

from falconc.ir import functions, types

_FLOATS = ("f32", "f64")
_NOT_IN_C = ("rsqrt", "sinpi", "cospi", "normcdf")

KEYWORDS = (
    "alignas alignof and asm auto bool break case catch char class const constexpr continue decltype default delete do "
    "double else enum explicit export extern false float for friend goto if inline int long mutable namespace new not "
    "nullptr operator or private protected public register restrict return short signed sizeof static static_assert "
    "struct switch template this throw true try typedef typeid typename union unsigned using virtual void volatile "
    "while xor"
)


def _math() -> dict[str, str]:
    """C spells the f32 function with an f at the end."""
    out: dict[str, str] = {}
    for function in functions.TABLE.values():
        if function.domain == "float" and function.name not in _NOT_IN_C:
            holes = ", ".join(f"{{{i}}}" for i in range(function.arity))
            out[f"math.{function.name}.f32"] = f"{function.name}f({holes})"
            out[f"math.{function.name}.f64"] = f"{function.name}({holes})"
        elif function.domain == "test":
            out[f"test.{function.name}"] = f"{function.name}({{0}})"
    for op in ("min", "max"):
        out |= {f"{op}.f32": f"f{op}f({{0}}, {{1}})", f"{op}.f64": f"f{op}({{0}}, {{1}})"}
    return out


def _integers() -> dict[str, str]:
    out = {f"type.{t.name}": f"{'u' if t.kind == 'uint' else ''}int{t.bits}_t" for t in types.ALL if t.is_integer}
    return out | {"type.bool": "bool", "type.i32": "int", "type.u32": "unsigned int"}


TABLE: dict[str, str] = {
    **_integers(),
    **_math(),
    "type.f32": "float",
    "type.f64": "double",
    "math.abs.i32": "abs({0})",
    "math.abs.i64": "llabs({0})",
    "restrict": "__restrict__",
    "reserved": KEYWORDS,
}
