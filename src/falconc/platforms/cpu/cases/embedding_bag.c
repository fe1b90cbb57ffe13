#include <stdint.h>

void embedding_bag(const int64_t *ids, const int *offsets, const float *table, float *out, int bags, int dim, int vocab) {
  for (int b = 0; b < bags; b++) {
    for (int d = 0; d < dim; d++) out[b * dim + d] = 0.f;
    for (int i = offsets[b]; i < offsets[b + 1]; i++) {
      int64_t id = ids[i];
      if (id < 0 || id >= vocab) continue;
      for (int d = 0; d < dim; d++) out[b * dim + d] += table[id * dim + d];
    }
  }
}
