// Declaration, meaning and emulation of what C kernels use beyond the language: the C library and x86's vector intrinsics.
#pragma once
#include "core.h"
#define restrict __restrict

// C's spelling of what C++ has as keywords or under other names.
#define _Bool bool
#define _Alignas alignas
#define _Static_assert static_assert
FALCON_NOTE("ir:drop") inline int omp_get_max_threads() { return 1; }

#include "x86.h"
