/* A cache-blocked transpose with size_t indices, gotos absent, early continue, a nested function-like macro. */
#include <stddef.h>
#define TILE 16
#define EACH(v, from, to) for (size_t v = (from); v < (to); ++v)
void transpose_blocked(const double *src, double *dst, size_t n, size_t m) {
  EACH(bi, 0, (n + TILE - 1) / TILE)
  EACH(bj, 0, (m + TILE - 1) / TILE) {
    EACH(i, bi * TILE, bi * TILE + TILE) {
      if (i >= n) break;
      EACH(j, bj * TILE, bj * TILE + TILE) {
        if (j >= m) continue;
        dst[j * n + i] = src[i * m + j];
      }
    }
  }
}
