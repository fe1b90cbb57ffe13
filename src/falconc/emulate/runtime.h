// The emulator's runtime, as seen by programs: lifted kernels lowered to C++ and unmodified kernel text alike.
//
// A program is a shared object with one entry, falcon_entry(job). The sandbox maps the buffers (guard pages at their end),
// fills a falcon_job, calls the entry, and reads the buffers and the report back.
#pragma once

typedef unsigned int falcon_u32;
typedef unsigned long long falcon_u64;
typedef long long falcon_i64;

extern "C" {

struct falcon_job {
  void *const *buffers;       // one per Buffer parameter of the Kernel, in parameter order
  const falcon_i64 *bytes;    // their sizes
  const falcon_u64 *scalars;  // one per Scalar parameter, raw bits in the low bytes, in parameter order
  falcon_u32 grid[3], block[3];
  falcon_i64 shared_bytes;  // dynamic shared memory of a block
  falcon_u32 lane_width;    // 32 or 64; 1 without lanes
  falcon_u64 seed;          // for whatever is random in the program
  falcon_u32 schedule;      // 0: threads in order; 1: reverse; else: a permutation seeded by it
  falcon_u32 mode;          // the program's own (which arithmetic, which checks)
  char *report;             // text lines for the caller; NUL-terminated by falcon_report
  falcon_i64 report_capacity;
};

int falcon_entry(falcon_job *job);  // 0: ran to the end

// --- provided by runtime.cpp -----------------------------------------------------------------------------------------

// Appends one line to the job's report (dropped when it is full).
void falcon_report(const char *line);

// Runs body once per thread of a block of (x, y, z) threads, each on its own fiber, in the order the job's schedule says.
typedef void (*falcon_thread)(void *context, falcon_u32 tx, falcon_u32 ty, falcon_u32 tz);
void falcon_block(falcon_thread body, void *context, falcon_u32 x, falcon_u32 y, falcon_u32 z);

// Inside falcon_block. site: an id of the place in the text (a divergent barrier is one where threads wait at different
// sites, or at two scopes). Threads that have ended are not waited for. A deadlock ends the program with a report line
//   defect divergent-barrier SITE_A SITE_B
void falcon_barrier(falcon_u32 site);                     // all threads of the block
void falcon_warp_barrier(falcon_u32 site, falcon_u64 mask);  // lanes of this thread's wave; mask 0: all alive

// Exchange of one value among the `width` lanes of this thread's group (Collective in the IR). out: width * size bytes, only the
// slots of lanes that arrived are written. Returns the arrived lanes as bits of the group. The lanes that take part are those
// that wait at this site once every living lane of the group waits somewhere or has ended. mask (0: whoever arrives): lanes
// that must arrive, else report line:  defect missing-lanes SITE
falcon_u64 falcon_exchange(falcon_u32 site, falcon_u32 width, falcon_u64 mask, const void *value, falcon_u32 size, void *out);

falcon_u32 falcon_thread_index(void);  // linear index of the running thread in its block
}
