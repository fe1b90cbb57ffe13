// Declaration, meaning and emulation of what C kernels use beyond the language: the C library and x86's vector intrinsics.
#pragma once
#include "core.h"
#define restrict __restrict

// C's spelling of what C++ has as keywords or under other names.
#define _Bool bool
#define _Alignas alignas
#define _Static_assert static_assert
FALCON_NOTE("ir:drop") inline int omp_get_max_threads() { return 1; }

// Memory from the heap: a number of bytes, an array once the type of the pointer is known.
#ifdef FALCON_LIFT
struct falcon_heap { template <class T> FALCON_NOTE("ir:heap") operator T *() const; };
falcon_heap falcon_malloc(size_t bytes);
falcon_heap falcon_calloc(size_t count, size_t size);
falcon_heap falcon_aligned(size_t alignment, size_t bytes);
FALCON_NOTE("ir:fence") void falcon_free(void *p);
#else
struct falcon_heap {
  void *at;
  template <class T> operator T *() const { return (T *)at; }
};
inline falcon_heap falcon_malloc(size_t bytes) { return {__builtin_malloc(bytes)}; }
inline falcon_heap falcon_calloc(size_t count, size_t size) { return {__builtin_calloc(count, size)}; }
inline falcon_heap falcon_aligned(size_t alignment, size_t bytes) { return {__builtin_aligned_alloc(alignment, bytes)}; }
inline void falcon_free(void *p) { __builtin_free(p); }
#endif
#define malloc(bytes) falcon_malloc(bytes)
#define calloc(count, size) falcon_calloc(count, size)
#define aligned_alloc(alignment, bytes) falcon_aligned(alignment, bytes)
#define _mm_malloc(bytes, alignment) falcon_aligned(alignment, bytes)
#define free(p) falcon_free(p)
#define _mm_free(p) falcon_free(p)

#include "x86.h"
