"""Launch sites read from host code: geometry over kernel parameters, sizes, extents, and reasons."""

# ruff: noqa: E501 (tables)
from __future__ import annotations

import pytest

from falconc import platform
from falconc.frontend.launch import launches
from falconc.frontend.unit import LaunchSite, Unit
from falconc.ir.nodes import Binary, Cast, Const, Expr, Load, Select, Unary, Var
from falconc.source import Source

SIGN = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "shl": "<<", "shr": ">>", "lt": "<", "gt": ">"}


def show(expr: Expr) -> str:
    match expr:
        case Const():
            return str(expr.value)
        case Var():
            return expr.name
        case Binary():
            left, right = show(expr.left), show(expr.right)
            sign = SIGN.get(expr.op)
            return f"({left} {sign} {right})" if sign else f"{expr.op}({left}, {right})"
        case Cast():
            return f"{expr.dtype}({show(expr.operand)})"
        case Select():
            return f"({show(expr.cond)} ? {show(expr.then)} : {show(expr.orelse)})"
        case Unary() | Load() | _:
            raise AssertionError(expr)


def sites(text: str, name: str = "cuda") -> tuple[LaunchSite, ...]:
    return launches(Unit(Source("t.cu", text), platform.get(name), (), None))


def one(
    host: str, kernel: str = "__global__ void k(const float *a, float *b, int n) {}", name: str = "cuda"
) -> LaunchSite:
    found = sites(f"{kernel}\n{host}\n", name)
    assert len(found) == 1
    return found[0]


def geometry(site: LaunchSite) -> str:
    assert site.launch, site.reason
    grid = ", ".join(show(g) for g in site.launch.grid)
    shared = show(site.launch.shared_bytes)
    return f"[{grid}] {list(site.launch.block)}" + (f" shared {shared}" if shared != "0" else "")


RUN = "void run(float *a, float *b, int n) {{ {} }}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("k<<<(n + 255) / 256, 256>>>(a, b, n);", "[((n + 255) / 256), 1, 1] [256, 1, 1]"),
        ("k<<<dim3((n + 15) / 16, 2), dim3(16, 4)>>>(a, b, n);", "[((n + 15) / 16), 2, 1] [16, 4, 1]"),
        ("const int t = 128; int g = (n + t - 1) / t; k<<<g, t>>>(a, b, n);", "[(((n + 128) - 1) / 128), 1, 1] [128, 1, 1]"),
        ("dim3 block(32, 8, 1); dim3 grid; grid.x = n / block.x; grid.y = 3; k<<<grid, block>>>(a, b, n);",
         "[(n / 32), 3, 1] [32, 8, 1]"),
        ("dim3 block{64}; auto grid = dim3{(unsigned)n / 64u}; k<<<grid, block>>>(a, b, n);", "[(n / 64), 1, 1] [64, 1, 1]"),
        ("k<<<cdiv(n, 256), 256>>>(a, b, n);", "[(((n + 256) - 1) / 256), 1, 1] [256, 1, 1]"),
        ("k<<<CDIV(n, 256), 256>>>(a, b, n);", "[(((n + 256) - 1) / 256), 1, 1] [256, 1, 1]"),
        ("k<<<ceil(n / 256.0), 256>>>(a, b, n);", "[((n + 255) / 256), 1, 1] [256, 1, 1]"),
        ("k<<<(int)ceilf((float)n / 256), 256>>>(a, b, n);", "[((n + 255) / 256), 1, 1] [256, 1, 1]"),
        ("int g = std::min((n + 255) / 256, 1024); k<<<g, 256>>>(a, b, n);",
         "[min(((n + 255) / 256), 1024), 1, 1] [256, 1, 1]"),
        ("int g = n > 512 ? 2 : 1; k<<<g, 256>>>(a, b, n);", "[((n > 512) ? 2 : 1), 1, 1] [256, 1, 1]"),
        ("k<<<n, kThreads, kThreads * sizeof(float)>>>(a, b, n);", "[n, 1, 1] [96, 1, 1] shared 384"),
        ("size_t s = (n + 1) * sizeof(float); k<<<1, 32, s, 0>>>(a, b, n);", "[1, 1, 1] [32, 1, 1] shared ((n + 1) * 4)"),
        ("for (int r = 0; r < 3; ++r) { k<<<n, 64>>>(a, b, n); }", "[n, 1, 1] [64, 1, 1]"),
        ("if (n > 0) { int t = 64; k<<<n, t>>>(a, b, n); }", "[n, 1, 1] [64, 1, 1]"),
        ("auto f = k; f<<<n, 64>>>(a, b, n);", "[n, 1, 1] [64, 1, 1]"),
        ("int m = n / 4; k<<<(m + 63) / 64, 64>>>(a, b, m);", "[((n + 63) / 64), 1, 1] [64, 1, 1]"),
        ("k<<<(n / 4 + 63) / 64, 64>>>(a, b, n / 4);", "[((n + 63) / 64), 1, 1] [64, 1, 1]"),
        ("k<<<static_cast<int>((n + 63L) / 64), 1 << 6>>>(a, b, n);", "[((n + 63) / 64), 1, 1] [64, 1, 1]"),
        ("void *args[] = {&a, &b, &n}; cudaLaunchKernel((void *)k, dim3(n), dim3(32), args, 0, 0);", "[n, 1, 1] [32, 1, 1]"),
    ],
)  # fmt: skip
def test_geometry(body: str, expected: str) -> None:
    preamble = (
        "#define CDIV(a, b) (((a) + (b) - 1) / (b))\nconstexpr int kThreads = 96;\n"
        "static inline int cdiv(int x, int y) { return (x + y - 1) / y; }\n"
    )
    site = one(preamble + RUN.format(body))
    assert geometry(site) == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("int t = n; k<<<n, t>>>(a, b, n);", "the block extent 't' is not a constant"),
        ("k<<<rows, 32>>>(a, b, n);", "the launch extents 'rows, 32' are not understood"),
        ("k<<<pick(n, 3), 32>>>(a, b, n);",
         "the launch extents 'pick(n,3), 32' are not understood"),
        ("int t = 256; if (n < 256) t = 32; k<<<n, t>>>(a, b, n);", "the block extent 't' is not a constant"),
        ("k<<<n, 32, bytes(n)>>>(a, b, n);",
         "the launch extents 'n, 32, bytes(n)' are not understood"),
    ],
)  # fmt: skip
def test_reasons(body: str, reason: str) -> None:
    site = one(RUN.format(body))
    assert site.launch is None
    assert site.reason == reason


def test_a_variable_assigned_again_is_not_taken_for_the_parameter() -> None:
    site = one(RUN.format("int m = n; int g = m / 2; m = m / 4; k<<<g, 32>>>(a, b, m);"))
    assert geometry(site) == "[(host_n / 2), 1, 1] [32, 1, 1]"


def test_host_values_that_the_kernel_does_not_get_keep_their_names() -> None:
    site = one(
        "void run(float *a, float *b, int rows, int cols) { k<<<dim3(rows, (rows + 1) / 2), 64>>>(a, b, cols); }"
    )
    assert geometry(site) == "[rows, ((rows + 1) / 2), 1] [64, 1, 1]"
    site = one("void run(T x, float *b, int n) { int g = x.size(0); k<<<g, 64>>>(x.ptr(), b, 7); }")
    assert geometry(site) == "[x_size_0, 1, 1] [64, 1, 1]"


def test_a_loop_variable_is_a_host_value() -> None:
    site = one(RUN.format("for (int g = 1; g < n; g *= 2) k<<<g, 32>>>(a, b, n);"))
    assert geometry(site) == "[g, 1, 1] [32, 1, 1]"


def test_a_grid_of_unknown_type_is_not_taken_for_a_number() -> None:
    site = one("void run(float *a, float *b, int n, dim3 grid) { k<<<grid, 32>>>(a, b, n); }")
    assert site.launch is None
    assert site.reason == "the launch extents 'grid, 32' are not understood"


def test_constants_give_sizes_and_stay_parameters_in_the_grid() -> None:
    site = one("int main() { const int n = 1 << 20; float *a, *b; k<<<(n + 255) / 256, 256>>>(a, b, n); }")
    assert geometry(site) == "[((n + 255) / 256), 1, 1] [256, 1, 1]"
    assert dict(site.sizes) == {"n": 1 << 20}


@pytest.mark.parametrize(
    ("allocation", "expected"),
    [
        ("float *a; cudaMalloc(&a, n * sizeof(float));", "n"),
        ("float *a; cudaMalloc((void **)&a, sizeof(float) * n * 2);", "(n * 2)"),
        ("float *a; CHECK(cudaMalloc(&a, (n + 1) * sizeof(float)));", "(n + 1)"),
        ("size_t bytes = n * sizeof(float); float *a; cudaMallocManaged(&a, bytes);", "n"),
        ("float *a; cudaMalloc(&a, 4096);", "1024"),
        ("float *a = new float[n];", "n"),
        ("float *a = (float *)malloc(n * sizeof(float));", "n"),
        ("thrust::device_vector<float> v(n); float *a = v.data();", "n"),
    ],
)
def test_extents(allocation: str, expected: str) -> None:
    site = one("void run(float *b, int n) { " + allocation + " k<<<n, 32>>>(a, b, n); }")
    assert show(site.extents["a"]) == expected


def test_template_arguments_are_spelled_out() -> None:
    kernel = "template <int B, typename T> __global__ void k(T *p, int n) {}"
    site = one("void run(float *p, int n) { constexpr int B = 64; k<B, float><<<n / B, B>>>(p, n); }", kernel)
    assert site.template_args == "64, float"
    assert geometry(site) == "[(n / 64), 1, 1] [64, 1, 1]"


def test_template_arguments_that_only_the_host_template_knows_are_left_out() -> None:
    kernel = "template <typename T> __global__ void k(T *p, int n) {}"
    site = one("template <typename U> void run(U *p, int n) { k<U><<<n, 64>>>(p, n); }", kernel)
    assert site.template_args == ""
    assert site.launch


def test_headers_that_are_not_here_do_not_matter() -> None:
    host = """
    #include <torch/extension.h>
    torch::Tensor run(torch::Tensor x) {
      auto y = torch::empty_like(x);
      const int n = x.numel();
      AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "k", ([&] {
        k<<<(n + 255) / 256, 256, 0, at::cuda::getCurrentCUDAStream()>>>(x.data_ptr<float>(), y.data_ptr<float>(), n);
      }));
      return y;
    }
    """
    assert geometry(one(host)) == "[((n + 255) / 256), 1, 1] [256, 1, 1]"


def test_the_same_opaque_value_in_grid_and_argument() -> None:
    site = one("void run(T x, float *b) { k<<<(x.size(0) + 63) / 64, 64>>>(x.ptr(), b, x.size(0)); }")
    assert geometry(site) == "[((n + 63) / 64), 1, 1] [64, 1, 1]"


def test_every_launch_is_a_site_in_text_order() -> None:
    text = """
    __global__ void k(int n) {}
    __global__ void j(long m) {}
    void run(int n) { j<<<n, 64>>>(n); k<<<n, 32>>>(n); k<<<n * 2, 32>>>(n); }
    """
    found = sites(text)
    assert [s.kernel for s in found] == ["j", "k", "k"]
    assert [geometry(s).split("]")[0] for s in found] == ["[m, 1, 1", "[n, 1, 1", "[(n * 2), 1, 1"]


def test_launch_functions_of_the_dialect() -> None:
    kernel = "template <int B> __global__ void k(float *p, int n) {}"
    host = "void run(float *p, int n) { hipLaunchKernelGGL((k<64>), dim3(n / 64), dim3(64), 0, 0, p, n); }"
    site = one(host, kernel, "hip")
    assert site.template_args == "64"
    assert geometry(site) == "[(n / 64), 1, 1] [64, 1, 1]"


def test_launches_in_comments_and_of_unknown_functions_are_not_sites() -> None:
    assert sites("__global__ void k(int n) {}\n// k<<<1, 1>>>(n);\nvoid f(int n) { other<<<1, 1>>>(n); }") == ()
