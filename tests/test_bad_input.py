"""Bad input: each kind has its exact message, on standard error, and its exit code; nothing that was there is lost."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from falconc import cli

SCALE = """\
__global__ void scale(float *x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= 2.0f;
}
"""
TWO = SCALE + SCALE.replace("scale", "shift")
LAUNCH = "void go(float *x, int n) { scale<<<(n + 31) / 32, 32>>>(x, n); }\n"
TEMPLATE = "template <int B, typename T>\n__global__ void k(T *x) { x[threadIdx.x + B] = 2; }\n"
RECURSION = """\
__device__ int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
__global__ void k(int *x) { x[threadIdx.x] = fib(threadIdx.x); }
void go(int *x) { k<<<1, 32>>>(x); }
"""
ASSEMBLY = """\
__global__ void k(int *x) {
  int r;
  asm volatile("mov.u32 %0, %laneid;" : "=r"(r));
  x[threadIdx.x] = r;
}
void go(int *x) { k<<<1, 32>>>(x); }
"""
OUTSIDE = """\
// falconc: grid=2 block=32 shape=x:64
__global__ void k(float *x) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i + 1] = 2.0f;
}
"""
ENDLESS = """\
__global__ void k(int *x) {
  volatile int *p = x;
  while (p[threadIdx.x] >= 0) p[threadIdx.x] = 1;
}
void go(int *x) { k<<<1, 32>>>(x); }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str]:
    """Exit code and standard error of a command; standard output stays empty."""
    code = cli.main(command.split())
    printed = capsys.readouterr()
    assert printed.out == ""
    return code, printed.err


# name of the file, its text, the command, exit code, what is printed
CASES = {
    "an empty file": ("a.cu", " \n", "check a.cu", 2, """\
error: a.cu is empty
  next: give a text with at least one kernel
"""),
    "no kernel": ("a.cu", "int f() { return 1; }\n", "check a.cu", 2, """\
error: no kernel in a.cu
  next: a kernel of platform 'cuda' is a '__global__ void' function
"""),
    "no kernel in C": ("a.c", "float half(float x) { return x / 2; }\n", "check a.c", 2, """\
error: no kernel in a.c
  next: a kernel of platform 'cpu' is a void function that takes a pointer
"""),
    "two kernels and no choice": ("a.cu", TWO, "translate a.cu --to cpu", 2, """\
error: 2 kernels in a.cu
  next: pass --kernel NAME or --kernel all: scale, shift
"""),
    "a kernel misspelt": ("a.cu", TWO, "check a.cu --kernel scal", 2, """\
error: no kernel 'scal' in a.cu
  next: did you mean 'scale'?
"""),
    "a kernel that is not there": ("a.cu", TWO, "check a.cu --kernel gemv", 2, """\
error: no kernel 'gemv' in a.cu
  next: kernels: scale, shift
"""),
    "a syntax error": ("a.cu", SCALE.replace("threadIdx.x;", "threadIdx.x"), "check a.cu", 1, """\
a.cu:2:48: defect: expected ';' at end of declaration
    int i = blockIdx.x * blockDim.x + threadIdx.x
                                                 ^
  next: correct the text (it is read as C++17); a macro that it needs is set with --define
"""),
    "a syntax error, by span edits": ("a.cu", SCALE.replace("2.0f", "y"), "translate a.cu --to hip", 1, """\
a.cu:3:22: defect: use of undeclared identifier 'y'
    if (i < n) x[i] *= y;
                       ^
  next: correct the text (it is read as C++17); a macro that it needs is set with --define
"""),
    "no launch geometry": ("a.cu", SCALE, "translate a.cu --to hip", 2, """\
a.cu:1:1: error: no launch of 'scale' in the text: its grid and block are not known
  __global__ void scale(float *x, int n) {
  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
  next: pass --grid X[,Y[,Z]] and --block X[,Y[,Z]] (numbers, or expressions over integer parameters)
"""),
    "half a launch": ("a.cu", SCALE, "check a.cu --block 32", 2, """\
error: a launch needs both --grid and --block
  next: write e.g. --grid '(n+255)/256' --block 256
"""),
    "a grid of four": ("a.cu", SCALE, "check a.cu --grid 1,1,1,1 --block 32", 2, """\
error: --grid '1,1,1,1' is not X[,Y[,Z]]
  next: write --grid 16,16
"""),
    "a grid that is no expression": ("a.cu", SCALE, "check a.cu --grid n( --block 32", 2, """\
error: --grid: 'n(' is not understood
  next: write an integer expression over parameters
"""),
    "a block that is no number": ("a.cu", SCALE, "check a.cu --grid 1 --block n", 2, """\
error: 'n' is not a block: up to three positive numbers
  next: write --block 256 or --block 16,16
"""),
    "a size without a value": ("a.cu", SCALE + LAUNCH, "check a.cu --size n", 2, """\
error: --size 'n' is not NAME=VALUE
  next: write --size n=1000
"""),
    "a size that is no number": ("a.cu", SCALE + LAUNCH, "check a.cu --size n=many", 2, """\
error: --size n=many: not a whole number
  next: write --size n=1000
"""),
    "a size of no parameter": ("a.cu", SCALE + LAUNCH, "check a.cu --size m=5", 2, """\
error: --size m: kernel 'scale' has no integer parameter 'm'
  next: its integer parameters: n
"""),
    "a shape that is none": ("a.cu", SCALE + LAUNCH, "check a.cu --shape x=4by4", 2, """\
error: --shape x=4by4: not a shape
  next: write --shape A=1024x128
"""),
    "a shape of no buffer": ("a.cu", SCALE + LAUNCH, "check a.cu --shape y=4x4", 2, """\
error: --shape y: kernel 'scale' has no buffer 'y'
  next: its buffers: x
"""),
    "an unknown platform": ("a.cu", SCALE, "translate a.cu --to hpi", 2, """\
error: unknown platform 'hpi'
  next: did you mean 'hip'?
"""),
    "an unknown source platform": ("a.cu", SCALE, "check a.cu --from vulkan", 2, """\
error: unknown platform 'vulkan'
  next: known platforms: cpu, cuda, hip
"""),
    "the platform it has": ("a.cu", SCALE + LAUNCH, "translate a.cu --to cuda", 2, """\
error: source and target are both 'cuda'
  next: choose another --to
"""),
    "a suffix of no platform": ("a.txt", SCALE, "check a.txt", 2, """\
error: the platform of 'a.txt' is not known
  next: pass --from with one of: cpu, cuda, hip
"""),
    "template arguments missing": ("a.cu", TEMPLATE, "check a.cu --grid 1 --block 32", 2, """\
a.cu:1:1: error: 'k' is a template over int B, typename T
  template <int B, typename T>
  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~
  next: pass --template ARGUMENTS, e.g. --template '16, float', or launch it in the text
"""),
    "a template argument missing": ("a.cu", TEMPLATE, "check a.cu --grid 1 --block 32 --template 3", 2, """\
a.cu:1:1: error: 'k<3>' cannot be instantiated: the arguments do not fit the parameters
  template <int B, typename T>
  ^~~~~~~~~~~~~~~~~~~~~~~~~~~~
  next: it takes int B, typename T
"""),
    "recursion": ("a.cu", RECURSION, "check a.cu", 5, """\
a.cu:1:48: unsupported: the recursion of 'fib'
  __device__ int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
                                                 ^~~~~~~~~~
  next: write it as a loop
"""),
    "inline assembly": ("a.cu", ASSEMBLY, "check a.cu", 5, """\
a.cu:3:3: unsupported: inline assembly
    asm volatile("mov.u32 %0, %laneid;" : "=r"(r));
    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
  next: write it with the dialect's intrinsics or plain code
"""),
    "inline assembly, by span edits": ("a.cu", ASSEMBLY, "translate a.cu --to hip", 5, """\
a.cu:3:3: unsupported: 'asm': inline assembly is not translated
    asm volatile("mov.u32 %0, %laneid;" : "=r"(r));
    ^~~
  next: rewrite this part by hand for HIP (AMD GPUs)
"""),
    "a step that is none": ("a.cu", "loop-bnd{x=64}\n", "translate a.cu --to cpu --recipe a.cu", 2, """\
error: unknown pass 'loop-bnd'
  next: did you mean 'loop-bind'?
"""),
    "a name of nothing": ("a.cu", SCALE, "explain loop-bnd", 2, """\
error: nothing is called 'loop-bnd'
  next: did you mean 'loop-bind'?
"""),
    "a command misspelt": ("a.cu", SCALE, "transalte a.cu --to hip", 2, """\
error: unknown command 'transalte'
  next: did you mean 'translate'?
"""),
    "an option misspelt": ("a.cu", SCALE, "check a.cu --sizes n=4", 2, """\
error: unrecognized arguments: --sizes n=4
  next: see `falconc --help`
"""),
    "one text to verify": ("a.cu", SCALE, "verify a.cu", 2, """\
error: two texts are needed
  next: write falconc verify A B, or falconc verify --replay FILE
"""),
    "a run without its sizes": ("a.cu", SCALE + LAUNCH, "run a.cu", 2, """\
error: kernel 'scale' needs values for n
  next: pass --size n=...
"""),
    "an input of no parameter": ("a.cu", SCALE + LAUNCH, "run a.cu --size n=9 --input y=1", 2, """\
error: --input y: kernel 'scale' has no such parameter
  next: it has x, n
"""),
    "an input that is none": ("a.cu", SCALE + LAUNCH, "run a.cu --size n=9 --input x=noise", 2, """\
error: --input x=noise is not understood
  next: give a .npy file, random, zeros, ones, arange or a number
"""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_told_exactly(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, text, command, code, printed = CASES[name]
    Path(file).write_text(text)
    assert complaint(capsys, command) == (code, printed)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"abc\0def", "error: a.cu is a binary file\n  next: give program text\n"),
        (
            b"// one\n// caf\xe9\n",
            "error: a.cu is not UTF-8 text: byte 0xe9 in line 2\n"
            "  next: convert it, e.g. with iconv -f LATIN1 -t UTF-8\n",
        ),
        (
            b"// ten megabytes\n" * (10 * 2**20 // 17),
            "error: a.cu is larger than 4 MB\n  next: give the kernel in a file of its own\n",
        ),
    ],
    ids=["binary", "another encoding", "10 MB"],
)
def test_what_is_no_program_text(data: bytes, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.cu").write_bytes(data)
    assert complaint(capsys, "check a.cu") == (2, message)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("nowhere.cu", "no such file or directory"), (".", "is a directory"), ("/proc/self/mem", "input/output error")],
)
def test_a_file_that_cannot_be_read(path: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = f"error: cannot read {path}: {reason}\n  next: give a file that exists and that you may read\n"
    assert complaint(capsys, f"check {path} --from cuda") == (2, message)


def test_standard_input_needs_its_platform(capsys: pytest.CaptureFixture[str]) -> None:
    message = "error: the platform of standard input is not known\n  next: pass --from with one of: cpu, cuda, hip\n"
    assert complaint(capsys, "check -") == (2, message)


def test_a_bug_of_ours_says_how_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("falconc.flow.load", broken)
    Path("a.cu").write_text(SCALE)
    message = (
        "internal error: KeyError: 'lost'\n"
        "  next: this is a bug in falconc: report it with the text and the command (--debug shows the traceback)\n"
    )
    assert complaint(capsys, "check a.cu") == (4, message)
    with pytest.raises(KeyError):
        cli.main(["check", "a.cu", "--debug"])


# --- kernels that do what C leaves undefined, or never end -----------------------------------------------------------


def first_lines(capsys: pytest.CaptureFixture[str], command: str, count: int) -> tuple[int, list[str], str]:
    """Exit code, first lines of standard output, and standard error."""
    code = cli.main(command.split())
    printed = capsys.readouterr()
    return code, printed.out.splitlines()[:count], printed.err


def test_writing_out_of_bounds_is_a_defect(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.cu").write_text(OUTSIDE)
    code, lines, said = first_lines(capsys, "check a.cu", 2)
    assert (code, said) == (1, "")
    assert lines == ["k: 1 defect", "  a.cu:4:3: out-of-bounds: write to x: index 64, extent 64"]


def test_writing_out_of_bounds_makes_a_comparison_undefined(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.cu").write_text(OUTSIDE)
    expected = "k: Unknown: source undefined: out-of-bounds at a.cu:4:3: write to x: index 64, extent 64"
    assert first_lines(capsys, "verify a.cu a.cu", 1) == (1, [expected], "")
    code, lines, said = first_lines(capsys, "translate a.cu --to hip --no-compile -o out.hip", 2)
    assert (code, lines[1]) == (1, expected)
    assert said == "Unknown is below --require Tested: out.hip is not written (--keep)\n"
    assert not Path("out.hip").exists()


def test_writing_out_of_bounds_stops_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.cu").write_text(OUTSIDE)
    code, said = complaint(capsys, "run a.cu")
    assert code == 1
    assert said.splitlines()[0].startswith("a.cu:2:1: defect: kernel 'k' did not end well: crashed: ")


def test_a_kernel_that_never_ends_becomes_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.cu").write_text(ENDLESS)
    late = "timeout: not finished after 1 s at the one shape"
    assert first_lines(capsys, "check a.cu --seconds 1", 2) == (1, ["k: 1 defect", f"  k: no-end: {late}"], "")
    verdict = f"k: Unknown: the source did not end well: {late}"
    assert first_lines(capsys, "verify a.cu a.cu --seconds 1", 1) == (3, [verdict], "")
    for target in ("hip", "cpu"):
        code, lines, _ = first_lines(capsys, f"translate a.cu --to {target} --seconds 1 --no-compile -o out", 2)
        assert (code, lines[1]) == (3, verdict)
    code, said = complaint(capsys, "run a.cu --seconds 1")
    assert (code, said.splitlines()[0]) == (1, f"a.cu:1:1: defect: kernel 'k' did not end well: {late}")


# --- what was there stays --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [OUTSIDE, RECURSION, SCALE], ids=["undefined", "unsupported", "no geometry"])
def test_an_existing_output_is_kept_on_failure(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.cu").write_text(text)
    Path("out.hip").write_text("precious")
    assert cli.main(["translate", "a.cu", "--to", "hip", "--no-compile", "-o", "out.hip"]) != 0
    capsys.readouterr()
    assert Path("out.hip").read_text() == "precious"
    assert sorted(p.name for p in Path().iterdir()) == ["a.cu", "out.hip"]


def test_an_output_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.cu").write_text(SCALE + LAUNCH)
    code = cli.main(["translate", "a.cu", "--to", "hip", "--no-compile", "-o", "no/such/folder/out.hip"])
    message = (
        "error: cannot write no/such/folder/out.hip: no such file or directory\n"
        "  next: give a path in a folder that you may write to\n"
    )
    assert (code, capsys.readouterr().err) == (2, message)


def test_standard_input_is_limited_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b"x" * (5 << 20))

    monkeypatch.setattr("sys.stdin", Stdin)
    message = "error: <stdin> is larger than 4 MB\n  next: give the kernel in a file of its own\n"
    assert complaint(capsys, "check - --from cuda") == (2, message)
