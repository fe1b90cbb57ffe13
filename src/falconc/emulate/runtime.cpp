// The emulator's runtime: one fiber per thread of a block, barriers and exchanges between them (see runtime.h).
//
// A thread runs until it waits or ends, then the next ready one continues: the order of threads is the job's schedule,
// never the clock's, so every run gives the same bytes.
#include "runtime.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace {

// --- switching -------------------------------------------------------------------------------------------------------

#if defined(__x86_64__)
typedef void *Context;  // the stack pointer; everything else lies on the stack
// Ends in pop and jmp, not ret: the processor's return predictor cannot know where another stack returns to.
asm(R"(
.text
.p2align 4
falcon_switch_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq (%rsi), %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
)");
extern "C" void falcon_switch_stacks(Context *from, Context *to);
inline void switch_to(Context *from, Context *to) { falcon_switch_stacks(from, to); }
inline void prepare(Context *c, char *low, char *top, void (*start)()) {
  (void)low;
  void **at = (void **)((uintptr_t)top & ~(uintptr_t)63);
  *--at = nullptr;  // so that start sees the alignment of a function that was called
  *--at = (void *)start;
  for (int i = 0; i < 6; ++i) *--at = nullptr;
  *c = at;
}
#else
typedef ucontext_t Context;
inline void switch_to(Context *from, Context *to) { swapcontext(from, to); }
inline void prepare(Context *c, char *low, char *top, void (*start)()) {
  getcontext(c);
  c->uc_stack.ss_sp = low;
  c->uc_stack.ss_size = top - low;
  c->uc_link = nullptr;
  makecontext(c, start, 0);
}
#endif

// --- state -----------------------------------------------------------------------------------------------------------

enum Wait : unsigned char { RUNNING, AT_BARRIER, AT_WARP_BARRIER, AT_EXCHANGE, ENDED };

struct Fiber {
  Context context;
  Wait wait;
  falcon_u32 site;
  falcon_u64 mask;  // lanes that must arrive, as bits of the wave; 0: whoever does
  const void *value;
  falcon_u32 size;
};

struct Wave {
  falcon_u32 alive, waiting, at_barrier;
  falcon_u64 living, arrived;  // bits of the wave; arrived: of the set released last
  char *slots;                 // the values that set exchanged
  falcon_u32 capacity;
};

constexpr size_t STACK = 256 << 10, GUARD = 4096;
constexpr falcon_u32 MAX_THREADS = 1024;

falcon_job *job;
falcon_i64 report_used;
jmp_buf finish;

char *stacks;
falcon_u32 stacks_ready, fibers_used;
Fiber fiber[MAX_THREADS];
Context main_context;
bool aborted;

Wave wave[MAX_THREADS];
falcon_u32 threads, width, alive, at_barrier, barrier_site;
falcon_u32 order[MAX_THREADS], ready[MAX_THREADS], head, ready_count, order_threads;
falcon_u32 current, unstarted;  // unstarted: position in order of the next thread without a fiber
falcon_thread body;
void *body_context;
falcon_u32 extent_x, extent_y;

void report2(const char *what, falcon_u32 a, long long b) {
  char line[96];
  if (b < 0) snprintf(line, sizeof line, "%s %u", what, a);
  else snprintf(line, sizeof line, "%s %u %lld", what, a, b);
  falcon_report(line);
}

void push(falcon_u32 t) {
  falcon_u32 at = head + ready_count++;
  ready[at >= MAX_THREADS ? at - MAX_THREADS : at] = t;
}
falcon_u32 pop() {
  falcon_u32 t = ready[head];
  if (++head == MAX_THREADS) head = 0;
  --ready_count;
  return t;
}

[[noreturn]] void give_up() {
  aborted = true;
  Context unused;
  switch_to(&unused, &main_context);
  abort();
}

// --- releasing -------------------------------------------------------------------------------------------------------

void release_block() {
  for (falcon_u32 i = 0; i < threads; ++i) {
    falcon_u32 t = order[i];
    if (fiber[t].wait == AT_BARRIER) fiber[t].wait = RUNNING, push(t);
  }
  for (falcon_u32 w = 0; w * width < threads; ++w) wave[w].waiting -= wave[w].at_barrier, wave[w].at_barrier = 0;
  at_barrier = 0;
}

void release_set(Wave &v, falcon_u32 first, falcon_u64 set) {
  v.arrived = set;
  v.waiting -= __builtin_popcountll(set);
  bool in_order = job->schedule == 0;
  if (!in_order) for (falcon_u32 i = 0; i < threads; ++i) {
    falcon_u32 t = order[i];
    if (t - first < 64 && set >> (t - first) & 1) push(t);
  }
  for (falcon_u64 left = set; left; left &= left - 1) {
    falcon_u32 lane = __builtin_ctzll(left), t = first + lane;
    Fiber &f = fiber[t];
    if (f.wait == AT_EXCHANGE) {
      if (v.capacity < 64 * f.size) v.slots = (char *)realloc(v.slots, v.capacity = 64 * f.size);
      memcpy(v.slots + lane * f.size, f.value, f.size);
    }
    f.wait = RUNNING;
    if (in_order) push(t);
  }
}

// Every living lane of the wave waits: lets one set go on, the one earliest in the text among those whose lanes are all there.
void release_wave(falcon_u32 w) {
  Wave &v = wave[w];
  if (v.waiting == v.at_barrier) return;
  falcon_u32 first = w * width, best = 0, stuck = 0;
  falcon_u64 best_set = 0, stuck_set = 0, seen = 0;
  for (falcon_u64 left = v.living; left; left &= left - 1) {
    falcon_u32 lane = __builtin_ctzll(left);
    const Fiber &f = fiber[first + lane];
    if (f.wait == AT_BARRIER || seen >> lane & 1) continue;
    falcon_u64 set = 0, needed = 0;
    for (falcon_u64 l = left; l; l &= l - 1) {
      falcon_u32 k = __builtin_ctzll(l);
      const Fiber &g = fiber[first + k];
      if (g.wait == f.wait && g.site == f.site) set |= 1ULL << k, needed |= g.mask;
    }
    seen |= set;
    if (needed & v.living & ~set) {
      if (!stuck_set || (f.wait == AT_EXCHANGE && f.site < stuck)) stuck = f.site, stuck_set = set;
    } else if (!best_set || f.site < best) best = f.site, best_set = set;
    if (seen == v.living) break;
  }
  if (best_set) return release_set(v, first, best_set);
  if (fiber[first + __builtin_ctzll(stuck_set)].wait == AT_WARP_BARRIER) {
    for (falcon_u64 left = v.living & ~stuck_set; left; left &= left - 1) {
      const Fiber &other = fiber[first + __builtin_ctzll(left)];
      report2("defect divergent-barrier", stuck, other.site);
      break;
    }
    give_up();
  }
  report2("defect missing-lanes", stuck, -1);
  release_set(v, first, stuck_set);
}

void check_block() {
  if (!alive || at_barrier != alive) return;
  for (falcon_u32 t = 0; t < threads; ++t)
    if (fiber[t].wait == AT_BARRIER && fiber[t].site != barrier_site) {
      report2("defect divergent-barrier", barrier_site < fiber[t].site ? barrier_site : fiber[t].site,
              barrier_site < fiber[t].site ? fiber[t].site : barrier_site);
      give_up();
    }
  release_block();
}

// --- threads ---------------------------------------------------------------------------------------------------------

void thread_main();

void make_stack(falcon_u32 n) {
  if (!stacks) {
    void *p = mmap(nullptr, MAX_THREADS * (STACK + GUARD), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) falcon_report("runtime no memory for stacks"), longjmp(finish, 1);
    stacks = (char *)p;
  }
  char *low = stacks + n * (STACK + GUARD) + GUARD;
  if (mprotect(low, STACK, PROT_READ | PROT_WRITE)) falcon_report("runtime no memory for stacks"), longjmp(finish, 1);
  ++stacks_ready;
}

// Runs the next thread of the block that has not begun, on a stack of its own.
void begin(Context *from) {
  falcon_u32 t = order[unstarted++], n = fibers_used++;
  char *low = stacks + n * (STACK + GUARD) + GUARD;
  // Tops of stacks at different offsets: at equal ones all of them would share a few cache sets.
  char *top = low + STACK - (n % 61) * 64;
  prepare(&fiber[t].context, low, top, thread_main);
  current = t;
  switch_to(from, &fiber[t].context);
}

void next(Context *from) {
  if (unstarted < threads) return begin(from);
  if (ready_count) {
    falcon_u32 t = pop();
    if (&fiber[t].context == from) { current = t; return; }
    current = t;
    return switch_to(from, &fiber[t].context);
  }
  switch_to(from, &main_context);
}

void thread_main() {
  for (;;) {
    falcon_u32 t = current;
    body(body_context, t % extent_x, t / extent_x % extent_y, t / (extent_x * extent_y));
    Wave &v = wave[t / width];
    fiber[t].wait = ENDED;
    --alive, --v.alive, v.living &= ~(1ULL << t % width);
    if (unstarted < threads) {  // this stack is free: use it again
      if (v.alive && v.waiting == v.alive) release_wave(t / width);
      current = order[unstarted++];
      continue;
    }
    if (v.alive && v.waiting == v.alive) release_wave(t / width);
    check_block();
    next(&fiber[t].context);
    abort();
  }
}

void wait(Wait what, falcon_u32 site) {
  falcon_u32 t = current;
  Fiber &f = fiber[t];
  Wave &v = wave[t / width];
  f.wait = what;
  f.site = site;
  ++v.waiting;
  if (what == AT_BARRIER) {
    ++v.at_barrier;
    if (!at_barrier++) barrier_site = site;
    if (v.waiting == v.alive && v.waiting != v.at_barrier) release_wave(t / width);
    check_block();
  } else if (v.waiting == v.alive) {
    release_wave(t / width);
  }
  next(&f.context);
}

void make_order() {
  for (falcon_u32 i = 0; i < threads; ++i) order[i] = job->schedule == 1 ? threads - 1 - i : i;
  falcon_u64 s = job->schedule;
  if (s > 1) for (falcon_u32 i = threads - 1; i > 0; --i) {
    s = s * 6364136223846793005ULL + 1442695040888963407ULL;
    falcon_u32 k = (falcon_u32)((s >> 33) % (i + 1)), t = order[i];
    order[i] = order[k], order[k] = t;
  }
  order_threads = threads;
}

}  // namespace

extern "C" {

void falcon_report(const char *line) {
  falcon_i64 n = (falcon_i64)strlen(line);
  if (!job || report_used + n + 2 > job->report_capacity) return;
  memcpy(job->report + report_used, line, n);
  report_used += n;
  job->report[report_used++] = '\n';
  job->report[report_used] = 0;
}

// Runs a program to its end: what falcon_entry returns, or -1 when the runtime ended it.
int falcon_run(falcon_job *the_job, int (*entry)(falcon_job *)) {
  job = the_job;
  report_used = 0;
  if (setjmp(finish)) return -1;
  return entry(the_job);
}

// Whether an address lies in a thread's stack or its guard page.
int falcon_is_stack(const void *address) {
  return stacks && (const char *)address >= stacks && (const char *)address < stacks + MAX_THREADS * (STACK + GUARD);
}

void falcon_block(falcon_thread the_body, void *context, falcon_u32 x, falcon_u32 y, falcon_u32 z) {
  if ((falcon_u64)x * y * z > MAX_THREADS) falcon_report("runtime too many threads in a block"), longjmp(finish, 1);
  threads = x * y * z;
  width = job->lane_width ? job->lane_width : 1;
  body = the_body, body_context = context, extent_x = x, extent_y = y;
  alive = threads, at_barrier = 0, head = ready_count = 0, unstarted = 0, fibers_used = 0, aborted = false;
  if (order_threads != threads) make_order();
  while (stacks_ready < threads) make_stack(stacks_ready);
  for (falcon_u32 w = 0; w * width < threads; ++w) {
    Wave &v = wave[w];
    v.alive = threads - w * width < width ? threads - w * width : width;
    v.living = v.alive == 64 ? ~0ULL : (1ULL << v.alive) - 1;
    v.waiting = v.at_barrier = 0;
  }
  if (threads) next(&main_context);
  if (aborted) longjmp(finish, 1);
}

void falcon_barrier(falcon_u32 site) { wait(AT_BARRIER, site); }

void falcon_warp_barrier(falcon_u32 site, falcon_u64 mask) {
  fiber[current].mask = mask;
  wait(AT_WARP_BARRIER, site);
}

falcon_u64 falcon_exchange(falcon_u32 site, falcon_u32 group, falcon_u64 mask, const void *value, falcon_u32 size, void *out) {
  falcon_u32 t = current, lane = t % width, base = lane - lane % group;
  if (group > width) falcon_report("runtime group wider than a wave"), give_up();
  Fiber &f = fiber[t];
  if (mask && !(mask >> (lane - base) & 1)) report2("defect missing-lanes", site, -1);  // a lane that does not name itself
  f.mask = mask << base;
  f.value = value;
  f.size = size;
  wait(AT_EXCHANGE, site);
  const Wave &v = wave[t / width];
  falcon_u64 all = group == 64 ? ~0ULL : (1ULL << group) - 1, arrived = v.arrived >> base & all;
  const char *slots = v.slots + base * size;
  if (arrived == all) memcpy(out, slots, group * size);
  else for (falcon_u64 left = arrived; left; left &= left - 1) {
    falcon_u32 k = __builtin_ctzll(left);
    memcpy((char *)out + k * size, slots + k * size, size);
  }
  return arrived;
}

falcon_u32 falcon_thread_index(void) { return current; }

// Lets the other ready threads run: for threads that wait for memory to change.
void falcon_yield(void) {
  falcon_u32 t = current;
  push(t);
  next(&fiber[t].context);
}
}
