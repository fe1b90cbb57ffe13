// Cooperative groups: the block, its tiles, and reductions over a tile. Lane operations see whoever arrives.
#pragma once

namespace cooperative_groups {

struct thread_block {
  static void sync(FALCON_ONLY_SITE) { falcon_syncthreads(FALCON_PASS_SITE); }
  static unsigned thread_rank() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }
  static unsigned size() { return blockDim.x * blockDim.y * blockDim.z; }
  static unsigned num_threads() { return blockDim.x * blockDim.y * blockDim.z; }
  static uint3 thread_index() { return uint3{threadIdx.x, threadIdx.y, threadIdx.z}; }
  static uint3 group_index() { return uint3{blockIdx.x, blockIdx.y, blockIdx.z}; }
  static dim3 group_dim() { return dim3(blockDim.x, blockDim.y, blockDim.z); }
  static dim3 dim_threads() { return dim3(blockDim.x, blockDim.y, blockDim.z); }
};
inline thread_block this_thread_block() { return thread_block(); }

struct grid_group {
  static void sync() { falcon_syncgrid(); }
  static bool is_valid() { return true; }
  static unsigned long long block_rank() { return blockIdx.x + gridDim.x * (blockIdx.y + (unsigned long long)gridDim.y * blockIdx.z); }
  static unsigned long long num_blocks() { return (unsigned long long)gridDim.x * gridDim.y * gridDim.z; }
  static unsigned long long thread_rank() { return block_rank() * thread_block::size() + thread_block::thread_rank(); }
  static unsigned long long size() { return num_blocks() * thread_block::size(); }
  static unsigned long long num_threads() { return num_blocks() * thread_block::size(); }
};
inline grid_group this_grid() { return grid_group(); }

// The tile itself; the group that it was cut from makes no difference.
template <unsigned N> struct falcon_tile {
  static_assert(N <= FALCON_LANES && (N & (N - 1)) == 0, "a tile is a power of two and no wider than a wave");
  static constexpr unsigned size() { return N; }
  static constexpr unsigned num_threads() { return N; }
  static unsigned thread_rank() { return (unsigned)falcon::lane() & (N - 1u); }
  static unsigned meta_group_rank() { return thread_block::thread_rank() / N; }
  static unsigned meta_group_size() { return (thread_block::size() + N - 1u) / N; }
  static void sync(FALCON_ONLY_SITE) { falcon::lanes<int> V(0 FALCON_AT); }
  template <class T> static T shfl(T v, int s FALCON_SITE) {
    falcon::lanes<T> V(v FALCON_AT);
    int l = falcon::lane();
    return V[(l & ~(int)(N - 1)) + (s & (int)(N - 1))];
  }
  template <class T> static T shfl_down(T v, unsigned d FALCON_SITE) {
    falcon::lanes<T> V(v FALCON_AT);
    int l = falcon::lane();
    return V[(l & (int)(N - 1)) + (int)d < (int)N ? l + (int)d : l];
  }
  template <class T> static T shfl_up(T v, unsigned d FALCON_SITE) {
    falcon::lanes<T> V(v FALCON_AT);
    int l = falcon::lane();
    return V[(l & (int)(N - 1)) >= (int)d ? l - (int)d : l];
  }
  template <class T> static T shfl_xor(T v, unsigned m FALCON_SITE) {
    falcon::lanes<T> V(v FALCON_AT);
    int l = falcon::lane();
    return V[(l & ~(int)(N - 1)) + ((l ^ (int)m) & (int)(N - 1))];
  }
  static falcon_ballot ballot(int predicate FALCON_SITE) {
    falcon::lanes<int> V(predicate != 0 ? 1 : 0 FALCON_AT);
    int first = falcon::lane() & ~(int)(N - 1);
    falcon_ballot r = 0;
    for (int i = 0; i < (int)N; ++i)
      if ((falcon::arrived(V) >> (first + i) & 1ull) != 0ull && V[first + i] != 0) r = r | (falcon_ballot)1 << i;
    return r;
  }
  static int any(int predicate FALCON_SITE) {
    falcon::lanes<int> V(predicate != 0 ? 1 : 0 FALCON_AT);
    int first = falcon::lane() & ~(int)(N - 1);
    int r = 0;
    for (int i = 0; i < (int)N; ++i)
      if ((falcon::arrived(V) >> (first + i) & 1ull) != 0ull && V[first + i] != 0) r = 1;
    return r;
  }
  static int all(int predicate FALCON_SITE) {
    falcon::lanes<int> V(predicate != 0 ? 1 : 0 FALCON_AT);
    int first = falcon::lane() & ~(int)(N - 1);
    int r = 1;
    for (int i = 0; i < (int)N; ++i)
      if ((falcon::arrived(V) >> (first + i) & 1ull) != 0ull && V[first + i] == 0) r = 0;
    return r;
  }
};
template <unsigned N, class Parent = void> using thread_block_tile = falcon_tile<N>;
template <unsigned N, class G> inline falcon_tile<N> tiled_partition(const G &) { return falcon_tile<N>(); }
template <class G> inline void sync(const G &group FALCON_SITE) { group.sync(FALCON_PASS_SITE); }

template <class T> struct plus { T operator()(T a, T b) const { return a + b; } };
template <class T> struct less { T operator()(T a, T b) const { return falcon::least(a, b); } };
template <class T> struct greater { T operator()(T a, T b) const { return falcon::most(a, b); } };
template <class T> struct bit_and { T operator()(T a, T b) const { return a & b; } };
template <class T> struct bit_or { T operator()(T a, T b) const { return a | b; } };
template <class T> struct bit_xor { T operator()(T a, T b) const { return a ^ b; } };

/// Every lane of the tile gets op over the values of its lanes; for floats the order of the terms is not specified.
template <unsigned N, class T, class Op>
inline T reduce(const falcon_tile<N> &, T v, Op op FALCON_SITE) {
  falcon::lanes<T> V(v FALCON_AT);
  int first = falcon::lane() & ~(int)(N - 1);
  T r = V[first];
  for (int i = 1; i < (int)N; ++i) r = op(r, V[first + i]);
  return r;
}
template <unsigned N, class T, class Op>
inline T inclusive_scan(const falcon_tile<N> &, T v, Op op FALCON_SITE) {
  falcon::lanes<T> V(v FALCON_AT);
  int l = falcon::lane(), first = l & ~(int)(N - 1);
  T r = V[first];
  for (int i = 1; i < (int)N; ++i)
    if (first + i <= l) r = op(r, V[first + i]);
  return r;
}
template <unsigned N, class T> inline T inclusive_scan(const falcon_tile<N> &g, T v FALCON_SITE) {
  return inclusive_scan(g, v, plus<T>() FALCON_AT);
}

// Some lanes of a wave: those that came together, or those of a tile with one label. Ranks count them upwards.
struct coalesced_group {
  falcon_bits falcon_mask;
  unsigned size() const { return (unsigned)__popcll(falcon_mask); }
  unsigned num_threads() const { return size(); }
  unsigned thread_rank() const { return (unsigned)__popcll(falcon_mask & ((1ull << falcon::lane()) - 1ull)); }
  // The lane with a rank; the last one's where there is none.
  int falcon_lane_of(int rank) const {
    int seen = 0, found = 0;
    for (int i = 0; i < FALCON_LANES; ++i)
      if ((falcon_mask >> i & 1ull) != 0ull) {
        if (seen <= rank) found = i;
        seen = seen + 1;
      }
    return found;
  }
  void sync(FALCON_ONLY_SITE) const { falcon::lanes<int> V(0, falcon_mask FALCON_AT); }
  template <class T> T shfl(T v, int s FALCON_SITE) const {
    falcon::lanes<T> V(v, falcon_mask FALCON_AT);
    return V[falcon_lane_of(s)];
  }
  template <class T> T shfl_down(T v, unsigned d FALCON_SITE) const {
    falcon::lanes<T> V(v, falcon_mask FALCON_AT);
    int r = (int)(thread_rank() + d);
    return V[r < (int)size() ? falcon_lane_of(r) : falcon::lane()];
  }
  template <class T> T shfl_up(T v, unsigned d FALCON_SITE) const {
    falcon::lanes<T> V(v, falcon_mask FALCON_AT);
    int r = (int)thread_rank() - (int)d;
    return V[r >= 0 ? falcon_lane_of(r) : falcon::lane()];
  }
  int any(int predicate FALCON_SITE) const {
    falcon::lanes<int> V(predicate != 0 ? 1 : 0, falcon_mask FALCON_AT);
    int r = 0;
    for (int i = 0; i < FALCON_LANES; ++i)
      if ((falcon_mask >> i & 1ull) != 0ull && V[i] != 0) r = 1;
    return r;
  }
  int all(int predicate FALCON_SITE) const {
    falcon::lanes<int> V(predicate != 0 ? 1 : 0, falcon_mask FALCON_AT);
    int r = 1;
    for (int i = 0; i < FALCON_LANES; ++i)
      if ((falcon_mask >> i & 1ull) != 0ull && V[i] == 0) r = 0;
    return r;
  }
  falcon_ballot ballot(int predicate FALCON_SITE) const {
    falcon::lanes<int> V(predicate != 0 ? 1 : 0, falcon_mask FALCON_AT);
    falcon_ballot r = 0;
    int rank = 0;
    for (int i = 0; i < FALCON_LANES; ++i)
      if ((falcon_mask >> i & 1ull) != 0ull) {
        if (V[i] != 0) r = r | (falcon_ballot)1 << rank;
        rank = rank + 1;
      }
    return r;
  }
};
inline coalesced_group coalesced_threads(FALCON_ONLY_SITE) {
  falcon::lanes<int> V(1 FALCON_AT);
  coalesced_group g = {falcon::arrived(V)};
  return g;
}
template <unsigned N, class L> inline coalesced_group labeled_partition(const falcon_tile<N> &, L label FALCON_SITE) {
  falcon::lanes<L> V(label FALCON_AT);
  int first = falcon::lane() & ~(int)(N - 1);
  falcon_bits mask = 0ull;
  for (int i = 0; i < (int)N; ++i)
    if ((falcon::arrived(V) >> (first + i) & 1ull) != 0ull && V[first + i] == label) mask = mask | 1ull << (first + i);
  coalesced_group g = {mask};
  return g;
}
template <unsigned N> inline coalesced_group binary_partition(const falcon_tile<N> &g, bool label FALCON_SITE) {
  return labeled_partition(g, label ? 1 : 0 FALCON_AT);
}
template <class T, class Op> inline T reduce(const coalesced_group &g, T v, Op op FALCON_SITE) {
  falcon::lanes<T> V(v, g.falcon_mask FALCON_AT);
  T r = V[g.falcon_lane_of(0)];
  int seen = 0;
  for (int i = 0; i < FALCON_LANES; ++i)
    if ((g.falcon_mask >> i & 1ull) != 0ull) {
      if (seen > 0) r = op(r, V[i]);
      seen = seen + 1;
    }
  return r;
}
}  // namespace cooperative_groups
