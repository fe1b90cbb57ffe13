// How the text of a kernel is run: the launch, its blocks and threads, what each block finds in shared memory, and the
// way from a job's buffers and scalars to C++ parameters. Included after a meaning.h and before the user's text, whose
// macros may have any name: what is used after it begins with falcon_.
#pragma once

namespace falcon {

// --- parameters ------------------------------------------------------------------------------------------------------

template <int N, class First, class... Rest> struct nth { typedef typename nth<N - 1, Rest...>::type type; };
template <class First, class... Rest> struct nth<0, First, Rest...> { typedef First type; };
template <class F> struct parameters;
template <class R, class... A> struct parameters<R (*)(A...)> {
  template <int N> using at = std::remove_cv_t<std::remove_reference_t<typename nth<N, A...>::type>>;
};
template <class R, class... A> struct parameters<R (*)(A...) noexcept> : parameters<R (*)(A...)> {};

template <class T> inline unsigned long common(T &x, falcon_i64 bytes) { return sizeof x < (unsigned long)bytes ? sizeof x : bytes; }
}  // namespace falcon

typedef falcon::f16 falcon_f16;
typedef falcon::bf16 falcon_bf16;
// Type of the N-th parameter of a function, as a value.
template <class F, int N> using falcon_parameter = typename falcon::parameters<F>::template at<N>;

// The k-th scalar of the job, whose bits are those of a Bits, as the type that the text wants.
template <class T, class Bits> inline T falcon_scalar(const falcon_job *job, int k) {
  Bits bits;
  memcpy(&bits, &job->scalars[k], sizeof bits);
  return (T)bits;
}
template <class Bits, class T> inline void falcon_put(T &to, const falcon_job *job, int k) {
  const_cast<std::remove_cv_t<T> &>(to) = falcon_scalar<std::remove_cv_t<T>, Bits>(job, k);
}
template <class T> inline T falcon_pointer(const falcon_job *job, int k) { return (T)job->buffers[k]; }
template <class T> inline void falcon_point(T &to, const falcon_job *job, int k) {
  const_cast<std::remove_cv_t<T> &>(to) = (std::remove_cv_t<T>)job->buffers[k];
}

// An object of any type, all bytes zero.
template <class T> struct falcon_blank {
  alignas(T) unsigned char falcon_bytes[sizeof(T)] = {};
  T &falcon_object() { return *(T *)falcon_bytes; }
};

// Variables of file scope come from a buffer of the job, and go back to it.
template <class T> inline void falcon_fill(T &x, const falcon_job *job, int k) {
  memcpy((void *)&x, job->buffers[k], falcon::common(x, job->bytes[k]));
}
template <class T> inline void falcon_give_back(T &x, const falcon_job *job, int k) {
  memcpy(job->buffers[k], (const void *)&x, falcon::common(x, job->bytes[k]));
}

#ifdef FALCON_LANES

#ifdef FALCON_FLAT
// Compiled as plain loops over threads: whoever waits after all is found by the compiler.
extern "C" {
__attribute__((error("falcon: this kernel waits"))) void falcon_barrier(falcon_u32);
__attribute__((error("falcon: this kernel waits"))) void falcon_warp_barrier(falcon_u32, falcon_u64);
__attribute__((error("falcon: this kernel waits"))) falcon_u64 falcon_exchange(falcon_u32, falcon_u32, falcon_u64, const void *, falcon_u32, void *);
}
#endif

// --- shared memory ---------------------------------------------------------------------------------------------------

// After the declaration of a variable that a block shares: the first thread to come by finds it new.
template <class T> inline void falcon_fresh(T &x, falcon_u32 &seen) {
  if (seen != falcon::block_number) seen = falcon::block_number, falcon::poison((void *)&x, sizeof x);
}
// Dynamic shared memory. What lies behind the bytes of the launch may not be touched.
alignas(4096) static unsigned char falcon_dynamic_shared[1 << 20];

namespace falcon {

struct schedule {  // which of n comes k-th
  falcon_u64 n, a, b;
  falcon_u32 how;
  schedule(falcon_u64 count, falcon_u32 seed) : n(count), a(1), b(0), how(seed) {
    if (how < 2 || n < 2) return;
    falcon_u64 s = how * 6364136223846793005ULL + 1442695040888963407ULL;
    a = (s >> 33) % n | 1, b = (s >> 20) % n;
    for (;; a += 2) {
      falcon_u64 x = a, y = n;
      while (y) { falcon_u64 z = x % y; x = y, y = z; }
      if (x == 1) break;
    }
  }
  falcon_u64 operator()(falcon_u64 k) const { return how == 0 ? k : how == 1 ? n - 1 - k : (k * a + b) % n; }
};

inline bool reserve_shared(falcon_i64 bytes) {
  const unsigned long room = sizeof falcon_dynamic_shared, used = ((unsigned long)bytes + 4095) & ~4095ul;
  if (bytes < 0 || used > room) return falcon_report("runtime too much shared memory"), false;
  if (used) mprotect(falcon_dynamic_shared, used, 3);
  if (used < room) mprotect(falcon_dynamic_shared + used, room - used, 0);
  return true;
}

inline index3 split(falcon_u64 k, const falcon_u32 *extent) {
  return index3{(unsigned)(k % extent[0]), (unsigned)(k / extent[0] % extent[1]), (unsigned)(k / extent[0] / extent[1])};
}

inline void begin_block(const falcon_job *job, void (*poison_variables)()) {
  ++block_number;
  if (job->shared_bytes) poison(falcon_dynamic_shared, (unsigned long)job->shared_bytes);
  if (poison_variables) poison_variables();
}

// --- the launch --------------------------------------------------------------------------------------------------------

#ifdef FALCON_FLAT
// Threads in order, everything inlined: the index variables live in registers.
template <class F> __attribute__((flatten, noinline)) void in_order(falcon_job *job, F &thread, void (*variables)()) {
  const falcon_u32 gx = job->grid[0], gy = job->grid[1], gz = job->grid[2], x = job->block[0], y = job->block[1], z = job->block[2];
  for (falcon_u32 c = 0; c < gz; ++c) for (falcon_u32 b = 0; b < gy; ++b) for (falcon_u32 a = 0; a < gx; ++a) {
    begin_block(job, variables);
    blockIdx = index3{a, b, c};
    for (falcon_u32 k = 0; k < z; ++k) for (falcon_u32 j = 0; j < y; ++j) for (falcon_u32 i = 0; i < x; ++i) {
      threadIdx = index3{i, j, k};
      thread();
    }
  }
}
template <class F> __attribute__((noinline)) void one(F &thread) { thread(); }
template <class F> inline void one_block(falcon_job *job, F &thread) {
  const falcon_u64 threads = (falcon_u64)job->block[0] * job->block[1] * job->block[2];
  const schedule which(threads, job->schedule);
  for (falcon_u64 k = 0; k < threads; ++k) threadIdx = split(which(k), job->block), one(thread);
}
#else
template <class F> inline void one_block(falcon_job *job, F &thread) {
  falcon_block([](void *f, falcon_u32 x, falcon_u32 y, falcon_u32 z) { threadIdx = index3{x, y, z}; (*(F *)f)(); },
               &thread, job->block[0], job->block[1], job->block[2]);
}
#endif

}  // namespace falcon

template <class F> inline int falcon_launch(falcon_job *job, F thread, void (*variables)() = nullptr) {
  using namespace falcon;
  blockDim = dim3(job->block[0], job->block[1], job->block[2]), gridDim = dim3(job->grid[0], job->grid[1], job->grid[2]);
  block_extent = index3{job->block[0], job->block[1], job->block[2]};
  if (!reserve_shared(job->shared_bytes)) return 1;
#ifdef FALCON_FLAT
  if (job->schedule == 0) return in_order(job, thread, variables), 0;
#endif
  const falcon_u64 blocks = (falcon_u64)job->grid[0] * job->grid[1] * job->grid[2];
  const schedule which(blocks, job->schedule);
  for (falcon_u64 k = 0; k < blocks; ++k) {
    begin_block(job, variables);
    blockIdx = split(which(k), job->grid);
    one_block(job, thread);
  }
  return 0;
}
#endif
