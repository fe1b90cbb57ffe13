// What libclang needs of the host API: types that launches and signatures name. Host code is not lifted.
#pragma once

typedef struct falcon_stream *FALCON_HOST(Stream_t);
typedef struct falcon_event *FALCON_HOST(Event_t);
enum FALCON_HOST(Error_t) : int { FALCON_HOST(Success) = 0 };
typedef FALCON_HOST(Error_t) FALCON_HOST(Error);

// clang turns <<< >>> into a call of one of these (reference/toolchain.md, "Parsing").
int cudaConfigureCall(dim3 grid, dim3 block, unsigned long shared = 0, void *stream = 0);
int hipConfigureCall(dim3 grid, dim3 block, unsigned long shared = 0, void *stream = 0);
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, unsigned long shared = 0, void *stream = 0);
unsigned __hipPushCallConfiguration(dim3 grid, dim3 block, unsigned long shared = 0, void *stream = 0);
FALCON_HOST(Error_t) FALCON_HOST(LaunchKernel)(const void *kernel, dim3 grid, dim3 block, void **arguments,
                                               unsigned long shared = 0, FALCON_HOST(Stream_t) stream = 0);
FALCON_HOST(Error_t) FALCON_HOST(GetLastError)();
FALCON_HOST(Error_t) FALCON_HOST(DeviceSynchronize)();
