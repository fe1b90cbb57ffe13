void blur3(int h, int w, const float src[h][w], float dst[h][w]) {
  for (int y = 1; y < h - 1; ++y)
    for (int x = 1; x < w - 1; ++x) {
      float s = 0.0f;
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) s += src[y + dy][x + dx];
      dst[y][x] = s * (1.0f / 9.0f);
    }
}
