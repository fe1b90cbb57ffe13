// falconc: kernel=assign_clusters grid=(points+63)/64 block=64
__global__ void assign_clusters(const float *__restrict__ x, const float *__restrict__ centers, int *__restrict__ label,
                                float *__restrict__ distance, int points, int k, int dim) {
  const int p = blockIdx.x * blockDim.x + threadIdx.x;
  if (p >= points) return;
  float best = 3.4e38f;
  int best_k = -1;
  for (int c = 0; c < k; ++c) {
    float d2 = 0.0f;
    for (int j = 0; j < dim; ++j) {
      const float d = x[p * dim + j] - centers[c * dim + j];
      d2 += d * d;
    }
    if (d2 < best) best = d2, best_k = c;
  }
  label[p] = best_k;
  distance[p] = sqrtf(best);
}
