"""An AMD GPU, where there is one: kernels compiled for it and launched through HIP's module API."""

from __future__ import annotations

import re

from falconc.errors import ToolMissing
from falconc.platform import DeviceJob
from falconc.platforms import simt_driver, tools
from falconc.platforms.hip import toolchain
from falconc.platforms.simt_driver import Api, DeviceFailed, Launch

# HIP runtime API, hip_runtime_api.h of ROCm 6.
API = Api(
    libraries=("libamdhip64.so.6", "libamdhip64.so.5", "libamdhip64.so"),
    init="hipInit",
    count="hipGetDeviceCount",
    name="hipDeviceGetName",
    load="hipModuleLoadData",
    function="hipModuleGetFunction",
    allocate="hipMalloc",
    to_device="hipMemcpyHtoD",
    to_host="hipMemcpyDtoH",
    launch="hipModuleLaunchKernel",
    synchronize="hipDeviceSynchronize",
    set_device="hipSetDevice",
)


def name() -> str:
    """The device's name; "" without one."""
    return simt_driver.device(API)


def execute(job: DeviceJob) -> list[object]:
    """The arrays after the kernel ran on the device."""
    image = toolchain.code_object(job.source, _architecture())
    symbol = kernel_symbol(image, job.symbol)
    launch = Launch(API, image, symbol, job.arrays, job.arguments, job.grid, job.block, job.shared_bytes)
    return simt_driver.run(launch)


def kernel_symbol(image: bytes, symbol: str) -> str:
    """The mangled name in a code object of the kernel that C++ spells ``symbol``, from its descriptor (NAME.kd).

    Raises:
        DeviceFailed: none, or several instances of a template.
    """
    bare = re.sub(r"<.*", "", symbol).split("::")[-1]
    plain = re.escape(bare).encode()
    mangled = f"{len(bare)}{re.escape(bare)}".encode()
    found = set(re.findall(rb"\0((?:_Z[\w$.]*?" + mangled + rb"[\w$.]*?)|" + plain + rb")\.kd\0", image))
    if len(found) != 1:
        raise DeviceFailed(f"{len(found)} kernels like '{symbol}' in the code object")
    return found.pop().decode()


def _architecture() -> str:
    """ "gfx942" of the first device, from the tools that come with ROCm or LLVM."""
    for tool in ("rocm_agent_enumerator", "amdgpu-arch", "amdgpu-arch-22"):
        path = tools.find(tool)
        found = re.findall(r"gfx[1-9]\w+", tools.run([path], seconds=10).output) if path else []
        if found:
            return found[0]
    raise ToolMissing("the GPU's architecture is not known", "install rocminfo (rocm_agent_enumerator)")
