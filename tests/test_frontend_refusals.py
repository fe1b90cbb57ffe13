"""What is not supported is refused by name: what, where, and what to do next; never lifted as something else."""

from __future__ import annotations

import pytest

from falconc import frontend, platform
from falconc.errors import FalconcError, SourceDefect, Unsupported
from falconc.frontend import geometry
from falconc.source import Source

_KERNEL = """__global__ void k(float *a, const float *b, int *c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  %s
}
"""


def refusal(text: str, suffix: str = ".cu") -> FalconcError:
    """The error that lifting kernel k of ``text`` gives."""
    found = platform.of_file(f"k{suffix}")
    assert found is not None
    launch = geometry.launch_of("4", "64") if found.lane_width > 1 else None
    with pytest.raises(FalconcError) as caught:
        unit = frontend.load(Source(f"k{suffix}", text), found)
        frontend.instance(unit, "k", launch=launch)
    return caught.value


def check(error: FalconcError, kind: type[FalconcError], what: str, at: str, next_step: str) -> None:
    assert type(error) is kind, error.report()
    assert error.what == what
    assert error.next_step == next_step
    assert error.where is not None and error.where.text.startswith(at), error.where
    assert any("^" in line for line in error.where.caret_lines())


@pytest.mark.parametrize(
    ("head", "body", "what", "at", "next_step"),
    [
        ("", "again: a[i] += 1.f; if (a[i] < 3.f) goto again;", "goto", "again:", "write it with loops and conditions"),
        (
            "",
            'asm volatile("mov.u32 %%0, %%laneid;" : "=r"(c[i]));',
            "inline assembly",
            "asm volatile",
            "write it with the dialect's intrinsics or plain code",
        ),
        (
            "__device__ float f(float x, int d) { return d ? f(x * 0.5f, d - 1) : x; }",
            "a[i] = f(b[i], c[i]);",
            "the recursion of 'f'",
            "f(x * 0.5f, d - 1)",
            "write it as a loop",
        ),
        (
            "#include <cooperative_groups.h>",
            "cooperative_groups::this_grid().sync();",
            "a barrier of the whole grid",
            "cooperative_groups::this_grid().sync()",
            "split the kernel at it",
        ),
        (
            "union U { float f; unsigned u; };",
            "U v; v.f = b[i]; c[i] = (int)v.u;",
            "the union 'U'",
            "v",
            "convert bits with memcpy",
        ),
        (
            "struct S { unsigned lo : 4, hi : 4; };",
            "S s; s.lo = 3; c[i] = s.lo;",
            "the bit fields of 'S'",
            "s",
            "use masks and shifts",
        ),
        (
            "struct B { virtual float f() const { return 1.f; } };\n"
            "struct D : B { float f() const override { return 2.f; } };\n"
            "__device__ float of(const B &x) { return x.f(); }",
            "D d; a[i] = of(d);",
            "the virtual method 'f'",
            "x.f()",
            "use a template parameter for the class",
        ),
        ("", "static int calls; calls++;", "a static local variable", "static int calls", "make it a parameter"),
        (
            "",
            "float *t = new float[4]; a[i] = t[0];",
            "new and delete",
            "new float[4]",
            "use a local array, or pass the work buffer as a parameter",
        ),
        (
            "",
            "long double x = b[i]; a[i] = (float)x;",
            "a number of type 'long double'",
            "b[i]",
            "use double, or integers of at most 64 bits",
        ),
        (
            "",
            "__int128 x = n; a[i] = (float)x;",
            "a number of type '__int128'",
            "n",
            "use double, or integers of at most 64 bits",
        ),
        (
            "",
            'const char *s = "abc"; c[i] = s[0];',
            "a pointer to what is no memory of the kernel",
            "const char *s",
            "use numbers, or pass a buffer",
        ),
        (
            "__global__ void child(float *a) { a[0] = 1.f; }",
            "child<<<1, 1>>>(a);",
            "the launch of 'child' inside a kernel",
            "child<<<",
            "launch it from the host",
        ),
        (
            "",
            "float *p = a; float **q = &p; (*q)[i] = 1.f;",
            "the address of a pointer variable",
            "&p",
            "pass the pointer by reference or return it",
        ),
        (
            "struct P { float *p; };",
            "P t[2]; t[0].p = a; t[i & 1].p[0] = 1.f;",
            "an array 't_p' of this element type",
            "P t[2]",
            "use separate variables",
        ),
        (
            "",
            "auto f = [q = b[i]](float x) { return q * x; }; a[i] = f(2.f);",
            "a lambda capture with an initialiser",
            "[q = b[i]]",
            "declare a variable before the lambda",
        ),
        (
            "",
            "while (int q = c[i]) { c[i] = q - 1; }",
            "a declaration in the condition of a while",
            "while (int q",
            "declare the variable before the loop",
        ),
        (
            "",
            "c[i] = (int)(a - (float *)b);",
            "two pointers into different buffers compared",
            "a - (float *)b",
            "compare indices instead",
        ),
        (
            "",
            "switch (c[i]) { case 0 ... 999: a[i] = 1.f; }",
            "a case of 1000 values",
            "case 0 ... 999",
            "write it with if",
        ),
    ],
)
def test_a_construct_is_refused_by_name(head: str, body: str, what: str, at: str, next_step: str) -> None:
    text = f"{head}\n{_KERNEL % body.replace('%%', '%')}"
    check(refusal(text), Unsupported, what, at, next_step)


def test_pointers_to_pointers() -> None:
    error = refusal("__global__ void k(float **rows) { rows[threadIdx.x][0] = 1.f; }\n")
    advice = "pass the pointers as separate parameters"
    check(error, Unsupported, "a pointer that is stored in memory", "rows[threadIdx.x]", advice)


def test_a_function_as_an_argument_of_the_kernel() -> None:
    error = refusal("__global__ void k(float *a, float (*f)(float)) { a[threadIdx.x] = f(1.f); }\n")
    check(error, Unsupported, "a call through a pointer", "f(1.f)", "call the function by its name")


def test_heap_memory_away_from_its_pointer() -> None:
    text = (
        "#include <stdlib.h>\nvoid k(float *y, int n) {\n  float *t;\n"
        "  t = (float *)malloc(n * sizeof(float));\n  y[0] = t[0];\n}\n"
    )
    check(
        refusal(text, ".c"),
        Unsupported,
        "malloc outside the declaration of its pointer",
        "malloc(",
        "write T *p = (T *)malloc(...)",
    )


def test_a_missing_header_is_named() -> None:
    error = refusal('#include "my_ops.h"\n' + _KERNEL % "a[i] = fancy(b[i]);")
    advice = "if it comes from <my_ops.h>, put what is needed into this file"
    check(error, SourceDefect, "use of undeclared identifier 'fancy'", "f", advice)


def test_a_pointer_that_points_nowhere() -> None:
    error = refusal(_KERNEL % "float *p; *p = b[i];")
    check(error, SourceDefect, "'p' is used before it points anywhere", "p", "initialise it")


def test_a_constructor_with_an_error_is_no_copy() -> None:
    text = "struct P { float v; P() = default; __device__ explicit P(int4 x) { v = unknown(x); } };\n"
    error = refusal(text + _KERNEL % "P p(make_int4(1, 2, 3, 4)); a[i] = p.v;")
    assert type(error) is SourceDefect
    assert error.what.startswith("use of undeclared identifier 'unknown'")
