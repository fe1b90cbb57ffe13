// Memory of lowered kernels: one shadow cell per element at its byte address, with its value, whether it is defined, and
// who touched it last (races between threads of a block separated by barriers, and between blocks).
#pragma once
#include "approx.h"

namespace fx {
// Who touches: the outer parallel iteration (a block), the one inside it (a thread) and one inside that, each in a
// numbered region. Two touches conflict when no barrier or end of a loop lies between them.
struct Th { u32 e0, t0, e1, t1, e2, t2, w1; };
// The iteration it of n at a depth of parallel loops; a loop directly inside another one of that depth multiplies it.
inline Th below(Th th, int depth, u32 region, i64 it, i64 n) {
  u32 *e = depth == 0 ? &th.e0 : depth == 1 ? &th.e1 : &th.e2, *t = e + 1;
  if (*e == 0) { *e = region; *t = 1; n = 1; }
  *t = *t * u32(n) + u32(it);
  return th;
}
inline u32 new_region() { return ++S.region; }
// known[t][k]: what lane k of the wave of thread t did before this count of its own (w1) is over for t.
static u32 known[1024][64];
inline void alone(const Th &th) { __builtin_memset(known[(th.t1 - 1) & 1023], 0, sizeof known[0]); }
// The lanes of a group that arrive at a site together see what the others did before.
inline void meet(Th &th, int site, u32 group, u64 mask) {
  u32 theirs[64], first = (th.t1 - 1) % S.job->lane_width / group * group;
  u64 arrived = falcon_exchange(u32(site), group, mask, &th.w1, 4, theirs);
  u32 *seen = known[(th.t1 - 1) & 1023] + first;
  for (u64 left = arrived; left; left &= left - 1) {
    u32 k = u32(__builtin_ctzll(left));
    if (seen[k] <= theirs[k]) seen[k] = theirs[k] + 1;
  }
  ++th.w1;
}
inline bool conflict(const Th &a, const Th &b) {
  if (a.e0 != b.e0 || a.e0 == 0) return false;
  if (a.t0 != b.t0) return true;
  if (a.e1 != b.e1 || a.e1 == 0) return false;
  if (a.t1 == b.t1) return a.e2 == b.e2 && a.e2 != 0 && a.t2 != b.t2;
  u32 width = S.job->lane_width, t = a.t1 - 1, u = b.t1 - 1;
  return t / width != u / width || b.w1 >= known[t & 1023][u % width];
}
// Touches of one sort: the last, and the latest before it by another iteration, another wave and another block.
struct Touches {
  Th last, other, far, block;
  bool clash(const Th &th) const { return conflict(th, last) || conflict(th, other) || conflict(th, far) || conflict(th, block); }
  void add(const Th &th) {
    if (last.e0) {
      u32 width = S.job->lane_width;
      bool apart = last.e0 != th.e0 || last.t0 != th.t0;
      if (apart) block = last;
      if (apart || (last.t1 - 1) / width != (th.t1 - 1) / width) far = last;
      if (apart || last.t1 != th.t1 || last.t2 != th.t2) other = last;
    }
    last = th;
  }
};
// also: who wrote the same value as the writer, with nothing in between.
struct Touch { Touches readers, atomics; Th writer, also; };
enum { UNDEFINED = 0, DEFINED = 1, TAIL = 2, BROKEN = 3 };
struct Cell { char raw[48]; u8 state, tag; u16 back; };

template <class V> struct Kind { static void poison(V &, u32, int site) { defect(UNINITIALISED, site); } static void use(const V &, int) {} };
template <> struct Kind<F> {
  static void poison(F &v, u32 why, int site) { v.fl |= why | u32(site + 1) << 8; }
  static void use(const F &v, int site) { fx::use(v.fl, site); }
};
template <class I> struct Kind<T<I>> {
  static void poison(T<I> &v, u32 why, int site) { v.fl |= why | u32(site + 1) << 8; }
  static void use(const T<I> &v, int site) { fx::use(v.fl, site); }
};
// The same value, for all that exact arithmetic can tell.
template <class V> inline bool alike(const V &a, const V &b) { return __builtin_memcmp(&a, &b, sizeof a) == 0; }
inline bool alike(const F &a, const F &b) { return same(a, b) && bits_of(a.d) == bits_of(b.d); }
template <class I> inline bool alike(const T<I> &a, const T<I> &b) { return a.v == b.v && a.p == b.p && a.q == b.q; }
inline i64 dim(i64 index, i64 extent, int site) {
  if (index < 0 || index >= extent) defect(OUT_OF_BOUNDS, site, index, extent);
  return index;
}
template <class V> inline void used(const V &v, int site) { Kind<V>::use(v, site); }
template <class V> struct Zero { static V make() { V v; __builtin_memset((void *)&v, 0, sizeof v); return v; } };
template <class I> struct Zero<T<I>> { static T<I> make() { return T<I>(I(0)); } };
template <class V> inline V absent(u32 why, int site) {
  V v = Zero<V>::make();
  if (why == BAD_LANE && sizeof(V) <= 8) { defect(POISON_LANE, site); return v; }
  Kind<V>::poison(v, why, site); return v;
}

struct Mem {
  Cell *cell = 0; Touch *touch = 0; i64 bytes = 0; int grain = 1, param = -1;
  Mem() {}
  Mem(i64 n, int g, bool track, int k = -1) { open(n, g, track, k); }
  void open(i64 n, int g, bool track, int k) {
    bytes = n < 0 ? 0 : n; grain = g; param = k;
    cell = (Cell *)calloc((unsigned long)(bytes / g + 1), sizeof(Cell));
    touch = track ? (Touch *)calloc((unsigned long)(bytes / g + 1), sizeof(Touch)) : 0;
  }
  ~Mem() { free(cell); free(touch); }
  Mem(const Mem &) = delete;
  void read(const Th &th, i64 k, int site) {
    Touch &t = touch[k];
    if (conflict(th, t.writer) || conflict(th, t.also)) defect(RACE, site, k);
    if (t.atomics.clash(th)) overlap(site, "reads beside atomic updates");
    t.readers.add(th);
  }
  void write(const Th &th, i64 k, bool unchanged, int site) {
    Touch &t = touch[k];
    if (t.readers.clash(th) || t.atomics.clash(th)) defect(RACE, site, k);
    if (conflict(th, t.writer) || conflict(th, t.also)) {
      if (unchanged) overlap(site, "several threads write the same value"); else defect(RACE, site, k);
      if (conflict(th, t.writer)) t.also = t.writer;
    }
    t.writer = th;
  }
  void update(const Th &th, i64 k, int site) {  // as one step
    Touch &t = touch[k];
    if (conflict(th, t.writer) || conflict(th, t.also)) defect(RACE, site, k);
    if (t.readers.clash(th)) overlap(site, "updates as one step beside plain reads");
    t.atomics.add(th);
  }
  void shatter(i64 b, i64 size) {  // bytes [b, b + size) get a new owner
    for (i64 k = b; k < b + size; ++k)
      if (cell[k].state == TAIL && k - cell[k].back < b) cell[k - cell[k].back].state = BROKEN;
    i64 end = b + size;
    for (i64 k = end; k < bytes && cell[k].state == TAIL && k - cell[k].back < end; ++k) cell[k].state = BROKEN;
    for (i64 k = b + 1; k < end; ++k) { cell[k].state = TAIL; cell[k].back = u16(k - b); }
  }
};

struct Ref {  // an array of elements in a Mem
  Mem *mem; i64 base, count;
  template <int SIZE> i64 place(i64 index, int site) const {  // cell number, or -1
    i64 byte = base + index * SIZE;
    if (mem->param >= 0 && index >= 0 && S.extent[mem->param] < byte + SIZE) S.extent[mem->param] = byte + SIZE;
    if (index < 0 || index >= count || byte + SIZE > mem->bytes) {
      if (!(S.probe && mem->param >= 0 && index >= 0)) defect(OUT_OF_BOUNDS, site, index, count);
      return -1;
    }
    return mem->grain == 1 ? byte : byte / SIZE;
  }
  template <class V, int TAG, int SIZE> V get(const Th &th, i64 index, int site, bool atomic = false) const {
    i64 k = place<SIZE>(index, site);
    if (k < 0) return Zero<V>::make();
    if (mem->touch && !atomic) mem->read(th, k, site);
    const Cell &c = mem->cell[k];
    bool whole = c.state == DEFINED && c.tag == TAG;
    if (mem->grain == 1 && whole)
      for (int j = 1; j < SIZE; ++j) whole &= mem->cell[k + j].state == TAIL && mem->cell[k + j].back == j;
    if (whole) { V v; __builtin_memcpy((void *)&v, c.raw, sizeof v); return v; }
    bool nothing = true;
    for (int j = 0; j < (mem->grain == 1 ? SIZE : 1); ++j) nothing &= mem->cell[k + j].state == UNDEFINED;
    if (nothing) return absent<V>(UNSET, site);
    unknown("bit reinterpretation", site);
    return Zero<V>::make();
  }
  template <class V, int TAG, int SIZE> void set(const Th &th, i64 index, const V &v, int site, bool atomic = false) const {
    if (mem->param >= 0) used(v, site);
    i64 k = place<SIZE>(index, site);
    if (k < 0) return;
    Cell &c = mem->cell[k];
    if (mem->touch && atomic) mem->update(th, k, site);
    else if (mem->touch) mem->write(th, k, c.state == DEFINED && c.tag == TAG && alike(*(const V *)(const void *)c.raw, v), site);
    if (mem->grain == 1) mem->shatter(k, SIZE);
    __builtin_memcpy(c.raw, (const void *)&v, sizeof v);
    c.state = DEFINED; c.tag = TAG; c.back = 0;
  }
};
static_assert(sizeof(T<i64>) <= 48, "cell");

template <class V> struct One {  // a private scalar
  V v; bool set_;
  One() : set_(false) {}
  V get(int site) const { return set_ ? v : absent<V>(UNSET, site); }
  void set(const V &x) { v = x; set_ = true; }
};
template <class V, i64 COUNT> struct Few {  // a small private array
  V v[COUNT]; bool set_[COUNT];
  Few() { __builtin_memset(set_, 0, sizeof set_); }
  bool in(i64 k, int site) const { if (u64(k) < u64(COUNT)) return true; defect(OUT_OF_BOUNDS, site, k, COUNT); return false; }
  V get(i64 k, int site) const { return !in(k, site) ? Zero<V>::make() : set_[k] ? v[k] : absent<V>(UNSET, site); }
  void set(i64 k, const V &x, int site) { if (in(k, site)) { v[k] = x; set_[k] = true; } }
};
template <class V, int WIDTH> struct Lanes {
  V v[WIDTH]; u64 arrived;
  void exchange(int site, u64 mask, const V &mine) { arrived = falcon_exchange(u32(site), WIDTH, mask, &mine, sizeof(V), v); }
  V get(i64 k, int site) const {
    if (u64(k) >= u64(WIDTH)) { defect(OUT_OF_BOUNDS, site, k, WIDTH); return Zero<V>::make(); }
    return arrived >> k & 1 ? v[k] : absent<V>(BAD_LANE, site);
  }
};

// --- parameters ------------------------------------------------------------------------------------------------------

template <int TAG> struct Native;
#define FX_NATIVE(tag, type) template <> struct Native<tag> { typedef type at; static type read(const void *p, i64 i) { return ((const type *)p)[i]; } };
FX_NATIVE(0, bool) FX_NATIVE(1, i8) FX_NATIVE(2, u8) FX_NATIVE(3, i16) FX_NATIVE(4, u16) FX_NATIVE(5, i32) FX_NATIVE(6, u32)
FX_NATIVE(7, i64) FX_NATIVE(8, u64) FX_NATIVE(11, float) FX_NATIVE(12, double)
#undef FX_NATIVE
inline double half_bits(u32 h) {
  int e = int(h >> 10 & 31), m = int(h & 1023); double d = e == 31 ? (m ? __builtin_nan("") : __builtin_inf())
    : e ? __builtin_ldexp(m + 1024, e - 25) : __builtin_ldexp(m, -24);
  return h >> 15 & 1 ? -d : d;
}
inline double brain_bits(u32 h) { u32 b = h << 16; float f; __builtin_memcpy(&f, &b, 4); return f; }
template <> struct Native<9> { typedef double at; static double read(const void *p, i64 i) { return half_bits(((const u16 *)p)[i]); } };
template <> struct Native<10> { typedef double at; static double read(const void *p, i64 i) { return brain_bits(((const u16 *)p)[i]); } };

template <class V> struct Incoming { template <class X> static V make(X x, double, double) { return V(x); } };
template <> struct Incoming<F> { template <class X> static F make(X x, double, double) { return input(double(x)); } };
template <> struct Incoming<Wd> { template <class X> static Wd make(X x, double, double) { return Wd{(wide)x}; } };
template <int E> struct Incoming<N<E>> { template <class X> static N<E> make(X x, double, double) { return N<E>{(wide)x, 1}; } };
template <class I> struct Incoming<T<I>> {
  template <class X> static T<I> make(X x, double lo, double hi) {
    T<I> t((I(x)));
    if (!S.plain && x != X(0) && double(x) < 9e15 && double(x) > -9e15) {
      bool minus = x < X(0); double a = minus ? -double(x) : double(x);
      draw(a, t.p, t.q); if (minus) { t.p = subm(0, t.p, P); t.q = subm(0, t.q, Q); }
    }
    t.lo = lo; t.hi = hi; return t;
  }
};
template <class V, int TAG, int SIZE> inline Ref parameter(Mem &m, int k, bool bytewise, bool track, const double *range) {
  i64 n = S.job->bytes[k] / SIZE;
  m.open(n * SIZE, bytewise ? 1 : SIZE, track, k);
  for (i64 i = 0; i < n; ++i) {
    V v = Incoming<V>::make(Native<TAG>::read(S.job->buffers[k], i), range[2 * k], range[2 * k + 1]);
    i64 at = bytewise ? i * SIZE : i; Cell &c = m.cell[at];
    __builtin_memcpy(c.raw, (const void *)&v, sizeof v); c.state = DEFINED; c.tag = TAG;
    if (bytewise) for (int j = 1; j < SIZE; ++j) { m.cell[at + j].state = TAIL; m.cell[at + j].back = u16(j); }
  }
  return Ref{&m, 0, n};
}
template <class V, int TAG> inline V scalar(int k) {
  return Incoming<V>::make(Native<TAG>::read(&S.job->scalars[k], 0), 0, 0);
}
inline void outgoing(const F &v, u64 *o) { o[0] = v.p; o[1] = (v.fl & NOQ) ? ~0ULL : v.q; o[2] = bits_of(v.d); o[3] = 1; }
inline void outgoing(const Wd &v, u64 *o) { o[2] = bits_of(double(v.d)); o[3] = 1; }
template <int E> inline void outgoing(const N<E> &v, u64 *o) { o[2] = bits_of(double(v.d)); o[3] = 1; }
template <class I> inline void outgoing(const T<I> &v, u64 *o) { o[0] = v.p; o[1] = v.q; o[2] = u64(i64(v.v)); o[3] = 2; }
template <class I> inline void outgoing(I v, u64 *o) { o[2] = u64(i64(v)); o[3] = 2; }
template <class V, int TAG, int SIZE> inline void result(const Mem &m, int k, int slot, bool exact, int site) {
  u64 *out = (u64 *)S.job->buffers[slot + S.slot];
  i64 n = S.job->bytes[k] / SIZE;
  for (i64 i = 0; i < n; ++i, out += 4) {
    const Cell &c = m.cell[m.grain == 1 ? i * SIZE : i];
    if (c.state != DEFINED || c.tag != TAG) {
      if (exact) unknown("bit reinterpretation", site);
      out[3] = 4; continue;
    }
    V v; __builtin_memcpy((void *)&v, c.raw, sizeof v); outgoing(v, out);
  }
}

// --- bits seen as another type ---------------------------------------------------------------------------------------

template <int TAG, class V> inline typename Native<TAG>::at bare(const V &v) { return typename Native<TAG>::at(v); }
template <int TAG> inline typename Native<TAG>::at bare(const F &v) { return typename Native<TAG>::at(v.d); }
template <int TAG> inline typename Native<TAG>::at bare(const Wd &v) { return typename Native<TAG>::at(v.d); }
template <int TAG, int E> inline typename Native<TAG>::at bare(const N<E> &v) { return typename Native<TAG>::at(v.d); }
template <int TAG, class I> inline typename Native<TAG>::at bare(const T<I> &v) { return typename Native<TAG>::at(v.v); }
template <class V> struct Outgoing { template <class X> static V make(X x) { return V(x); } };
template <> struct Outgoing<F> { template <class X> static F make(X x) { return embed(double(x)); } };
template <> struct Outgoing<Wd> { template <class X> static Wd make(X x) { return Wd{(wide)x}; } };
template <int E> struct Outgoing<N<E>> { template <class X> static N<E> make(X x) { return N<E>{(wide)x, 1}; } };
template <class V, int TO, int FROM, class A> inline V recast(bool exact, const A &a, int site) {
  if (exact) unknown("bit reinterpretation", site);
  auto from = bare<FROM>(a); typename Native<TO>::at to; __builtin_memset(&to, 0, sizeof to);
  __builtin_memcpy(&to, &from, sizeof to < sizeof from ? sizeof to : sizeof from);
  return Outgoing<V>::make(to);
}

// --- loops -----------------------------------------------------------------------------------------------------------

struct Order {  // which iteration comes k-th
  i64 n, a, b; u32 how;
  Order(i64 count) : n(count < 0 ? 0 : count), a(1), b(0), how(S.job->schedule) {
    if (how < 2 || n < 2) return;
    a = i64(mix(how) % u64(n)) | 1; b = i64(mix(how + 7) % u64(n));
    for (;; a += 2) { i64 x = a, y = n; while (y) { i64 z = x % y; x = y; y = z; } if (x == 1) break; }
  }
  i64 operator()(i64 k) const { return how == 0 ? k : how == 1 ? n - 1 - k : i64(((unsigned __int128)k * u64(a) + u64(b)) % u64(n)); }
};
inline i64 trips(i64 lo, i64 hi, i64 step) { return step > 0 && lo < hi ? (hi - lo + step - 1) / step : 0; }
template <class L> inline void on_fibers(L &body, i64 x, i64 y, i64 z) {
  falcon_block([](void *c, falcon_u32 a, falcon_u32 b, falcon_u32 d) { (*(L *)c)(i64(a), i64(b), i64(d)); }, &body, u32(x), u32(y), u32(z));
}
template <class L> inline void in_order(L &body, i64 x, i64 y, i64 z) {
  Order ox(x), oy(y), oz(z);
  for (i64 c = 0; c < z; ++c) for (i64 b = 0; b < y; ++b) for (i64 a = 0; a < x; ++a) body(ox(a), oy(b), oz(c));
}
// One run of several in a job: results of run r go to the r-th group of result arrays.
inline void begin(falcon_job *job, int buffers, int writable, u16 *told, int run, int runs) {
  S = State(); S.job = job; S.told = told; S.slot = writable * run; writable *= runs;
  S.range = (const double *)job->buffers[buffers + writable + 2];
  i64 *aux = (i64 *)job->buffers[buffers + writable];
  S.extent = aux; S.counts = aux + buffers;
  S.known = (const u64 *)job->buffers[buffers + writable + 1];
  S.known_count = job->bytes[buffers + writable + 1] / 24;
  S.probe = job->mode & 256; S.plain = job->mode & 512; S.nearest = job->mode & 1024 || (runs > 1 && run == runs - 1); S.random = mix(job->seed * 64 + u64(run) + 12345);
}
}  // namespace fx
