// expect: Tested integer data
// Fused classifier: block reduction by a template over an operator function pointer, struct return, logits overwritten.
// falconc: kernel=fused_classifier grid=BT block=64 size=V:37,P:40,BT:3
struct SoftmaxParams { float Scale; float Offset; };
using reduction_func_t = float (*)(float);
__device__ inline float warpReduceMax(float v) { for (int o = 16; o > 0; o >>= 1) v = fmaxf(v, __shfl_down_sync(~0u, v, o)); return v; }
__device__ inline float warpReduceSum(float v) { for (int o = 16; o > 0; o >>= 1) v += __shfl_down_sync(~0u, v, o); return v; }
template <reduction_func_t warp_reduction> __device__ inline float blockReduce(float val, bool final_sync = false, float out_of_bounds = 0.0f) {
  __shared__ float shared_val[32];
  const int lane_id = threadIdx.x % 32;
  const int warp_id = threadIdx.x / 32;
  const int num_warps = blockDim.x / 32;
  float warp_val = warp_reduction(val);
  if (lane_id == 0) { shared_val[warp_id] = warp_val; }
  __syncthreads();
  warp_val = (lane_id < num_warps) ? shared_val[lane_id] : out_of_bounds;
  float block_val = warp_reduction(warp_val);
  block_val = __shfl_sync(~0u, block_val, 0);
  if (final_sync) { __syncthreads(); }
  return block_val;
}
__device__ SoftmaxParams prepare_softmax_blockwide(int idx, const float *inp, int V, int P) {
  const float *x = inp + idx * P;
  float thread_maxval = -INFINITY;
  float thread_sumval = 0.0f;
  for (int i = threadIdx.x; i < V; i += blockDim.x) thread_maxval = fmaxf(thread_maxval, x[i]);
  float block_maxval = blockReduce<warpReduceMax>(thread_maxval, true, -INFINITY);
  for (int i = threadIdx.x; i < V; i += blockDim.x) thread_sumval += expf(x[i] - block_maxval);
  float block_sumval = blockReduce<warpReduceSum>(thread_sumval, true);
  return SoftmaxParams{1.f / block_sumval, block_maxval};
}
__global__ void fused_classifier(float *logits, float *losses, const float *dloss, const int *targets, int V, int P, int BT) {
  int idx = blockIdx.x;
  int ix = targets[idx] & 31;
  SoftmaxParams sp = prepare_softmax_blockwide(idx, logits, V, P);
  if (threadIdx.x == 0) {
    float prob = expf(logits[idx * P + ix] - sp.Offset) * sp.Scale;
    losses[idx] = -logf(prob);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < V; i += blockDim.x) {
    float prob = expf(logits[idx * P + i] - sp.Offset) * sp.Scale;
    float indicator = (i == ix) ? 1.0f : 0.0f;
    logits[idx * P + i] = (prob - indicator) * dloss[idx];
  }
}
