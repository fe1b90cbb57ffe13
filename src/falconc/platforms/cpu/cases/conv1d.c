/* Valid convolution: out has n - taps + 1 elements. */
void conv1d(const double *signal, int n, const double *kernel, int taps, double *out)
{
	int i, j;

	for (i = 0; i + taps <= n; i++) {
		double acc = 0.0;

		for (j = 0; j < taps; j++)
			acc += signal[i + j] * kernel[taps - 1 - j];
		out[i] = acc;
	}
}
