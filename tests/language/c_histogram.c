#include <stdint.h>
void histogram(const uint8_t *img, uint32_t hist[256], long n) {
  for (int i = 0; i < 256; i++) hist[i] = 0;
  const uint8_t *p = img;
  while (n-- > 0) hist[*p++]++;
}
