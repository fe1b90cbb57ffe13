void prefix_sum(const int *in, long *out, int n)
{
    long running = 0;
    for (int i = 0; i < n; i++) {
        running += in[i];
        out[i] = running;
    }
}
