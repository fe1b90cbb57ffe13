"""Real devices: this CPU runs for real; the driver calls for GPUs are made against a driver written for the test."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from falconc import platform
from falconc.platform import DeviceJob
from falconc.platforms import simt_driver
from falconc.platforms.cuda import device as cuda_device
from falconc.platforms.hip import device as hip_device
from falconc.platforms.simt_driver import Api, DeviceFailed, Launch
from falconc.source import Source

SCALE = """#include <math.h>
void scale(const float *x, float *y, double a, int n) {
#pragma omp parallel for
  for (int i = 0; i < n; ++i) y[i] = (float)(a * sqrtf(x[i]));
}
"""


def job(text: str, symbol: str, name: str = "k.c") -> DeviceJob:
    arrays = [np.arange(100, dtype=np.float32), np.zeros(100, np.float32)]
    return DeviceJob(Source(name, text), symbol, arrays, [0, 1, np.float64(2.0), np.int32(99)], (1, 1, 1), (1, 1, 1), 0)


def test_the_cpu_runs_a_text_with_its_own_headers() -> None:
    toolchain = platform.get("cpu").toolchain
    assert toolchain.device()
    x, y = toolchain.execute(job(SCALE, "scale"))
    np.testing.assert_array_equal(y[:99], (2.0 * np.sqrt(x[:99]).astype(np.float64)).astype(np.float32))
    assert y[99] == 0


@pytest.mark.parametrize(
    ("text", "symbol", "said"),
    [
        ("void k(float *x) { x[0] = ; }", "k", "g\\+\\+ refuses"),
        ("void k(float *x) { *(volatile int *)8 = 1; }", "k", "failed"),
        ("void k(float *x) {}", "other", "undefined symbol"),
    ],
)
def test_what_the_cpu_refuses_is_an_error(text: str, symbol: str, said: str) -> None:
    with pytest.raises(DeviceFailed, match=said):
        platform.get("cpu").toolchain.execute(job(text, symbol))


# A driver whose one kernel is y[i] = a * x[i] for i < n; it checks what it is given.
DRIVER = r"""
#include <stdlib.h>
#include <string.h>
static int bound;
int tInit(unsigned flags) { return flags; }
int tCount(int *n) { *n = 1; return 0; }
int tName(char *name, int size, int device) { strncpy(name, "Test GPU", size); return device; }
int tRetain(void **context, int device) { *context = &bound; return device; }
int tCurrent(void *context) { bound = context == &bound; return 0; }
int tLoad(void **module, const void *image) { *module = (void *)image; return memcmp(image, "IMAGE", 5) != 0; }
int tFunction(void **function, void *module, const char *name) {
  *function = module;
  return strcmp(name, "_Z5scale") != 0;
}
int tAlloc(void **pointer, size_t bytes) { *pointer = malloc(bytes); return 0; }
int tIn(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); return 0; }
int tOut(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); return 0; }
int tLaunch(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
            void *stream, void **arguments, void **extra) {
  if (!bound || gx * bx != 128 || gy * by * gz * bz != 1 || shared != 64 || stream || extra) return 7;
  const float *x = *(float **)arguments[0];
  float *y = *(float **)arguments[1];
  float a = *(float *)arguments[2];
  long long n = *(long long *)arguments[3];
  for (long long i = 0; i < n; ++i) y[i] = a * x[i];
  return 0;
}
int tSync(void) { return 0; }
"""
WORDS = {
    "init": "tInit", "count": "tCount", "name": "tName", "load": "tLoad", "function": "tFunction",
    "allocate": "tAlloc", "to_device": "tIn", "to_host": "tOut", "launch": "tLaunch", "synchronize": "tSync",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Api:
    folder = tmp_path_factory.mktemp("driver")
    (folder / "driver.c").write_text(DRIVER)
    library = folder / "libdriver.so"
    subprocess.run(["g++", "-x", "c", "-shared", "-fPIC", folder / "driver.c", "-o", library], check=True)
    return Api((str(library),), context=("tRetain", "tCurrent"), **WORDS)


def launch(api: Api) -> Launch:
    arrays = [np.arange(100, dtype=np.float32), np.zeros(100, np.float32)]
    numbers = [np.float32(3.0), np.int64(99)]
    return Launch(api, b"IMAGE\0", "_Z5scale", arrays, [0, 1, *numbers], (2, 1, 1), (64, 1, 1), 64)


def test_a_kernel_is_launched_with_its_arguments(api: Api) -> None:
    assert simt_driver.device(api) == "Test GPU"
    x, y = simt_driver.run(launch(api))
    np.testing.assert_array_equal(y[:99], 3.0 * x[:99])
    assert y[99] == 0


def test_what_the_driver_refuses_is_an_error(api: Api) -> None:
    with pytest.raises(DeviceFailed, match="tLaunch gave error 7"):
        simt_driver.run(replace(launch(api), grid=(3, 1, 1)))
    with pytest.raises(DeviceFailed, match="tFunction gave error 1"):
        simt_driver.run(replace(launch(api), symbol="other"))


def test_no_driver_is_no_device() -> None:
    assert simt_driver.device(replace(cuda_device.API, libraries=("libnosuch.so",))) == ""


def test_a_kernel_is_found_in_a_code_object() -> None:
    image = b"\0\0_Z5scalePKfPffi.kd\0_Z6rescalePf.kd\0plain.kd\0"
    assert hip_device.kernel_symbol(image, "ns::scale") == "_Z5scalePKfPffi"
    assert hip_device.kernel_symbol(image, "plain") == "plain"
    with pytest.raises(DeviceFailed, match="0 kernels like"):
        hip_device.kernel_symbol(image, "other")
