"""An NVIDIA GPU, where there is one: kernels compiled by NVRTC for it and launched through the driver API."""

from __future__ import annotations

import ctypes

from falconc.platform import DeviceJob
from falconc.platforms import simt_driver
from falconc.platforms.cuda import nvrtc
from falconc.platforms.simt_driver import Api, Launch

# CUDA Driver API, cuda.h of CUDA 12: names with the ABI version that the library exports.
API = Api(
    libraries=("libcuda.so.1", "libcuda.so"),
    init="cuInit",
    count="cuDeviceGetCount",
    name="cuDeviceGetName",
    load="cuModuleLoadData",
    function="cuModuleGetFunction",
    allocate="cuMemAlloc_v2",
    to_device="cuMemcpyHtoD_v2",
    to_host="cuMemcpyDtoH_v2",
    launch="cuLaunchKernel",
    synchronize="cuCtxSynchronize",
    context=("cuDevicePrimaryCtxRetain", "cuCtxSetCurrent"),
)
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*


def name() -> str:
    """The device's name; "" without one."""
    return simt_driver.device(API)


def execute(job: DeviceJob) -> list[object]:
    """The arrays after the kernel ran on the device."""
    image, symbol = nvrtc.cubin(job.source, _architecture(), job.symbol)
    launch = Launch(API, image, symbol, job.arrays, job.arguments, job.grid, job.block, job.shared_bytes)
    return simt_driver.run(launch)


def _architecture() -> str:
    """ "sm_90" of the first device."""
    library = ctypes.CDLL(API.libraries[0])
    library.cuInit(0)
    major, minor = ctypes.c_int(), ctypes.c_int()
    library.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, 0)
    library.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR, 0)
    return f"sm_{major.value}{minor.value}"
