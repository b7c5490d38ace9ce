// The sums of word, position and token-type rows. Word rows come as they are stored, little endian.

enum { WORD_GROUP = 32 };

/** The values of a word's columns [first, first + count), at most a group, which starts at a multiple of WORD_GROUP. */
INLINE void decode_group(const fg_embedding* e, const uint8_t* row, const uint8_t* scales, int first, int count, float* values) {
  if (e->dtype == FG_FP32) {
    memcpy(values, row + 4 * first, 4 * (size_t)count);
  } else if (e->dtype == FG_FP16) {
    _Float16 halves[WORD_GROUP];
    memcpy(halves, row + 2 * first, 2 * (size_t)count);
    for (int i = 0; i < count; ++i) values[i] = (float)halves[i];
  } else if (e->dtype == FG_INT8) {
    float scale;
    memcpy(&scale, scales, sizeof scale);
    for (int i = 0; i < count; ++i) values[i] = (float)(int8_t)row[first + i] * scale;
  } else {
    _Float16 half;
    memcpy(&half, scales + 2 * (first / WORD_GROUP), sizeof half);
    const float scale = (float)half;
    // Shifts that put the code's four bits on top and bring its sign down.
    for (int i = 0; i < count; ++i)
      values[i] = (float)((int32_t)((uint32_t)row[(first + i) / 2] << (i % 2 == 0 ? 28 : 24)) >> 28) * scale;
  }
}

void FG_NAME(fg_embed)(const fg_embedding* e, const uint8_t* rows, const uint8_t* scales, const int32_t* places, float* x, int32_t tokens,
                       int32_t from, int32_t to) {
  for (int token = from * PANEL; token < to * PANEL; ++token) {
    float* own = x + (size_t)(token / PANEL) * e->columns * PANEL + token % PANEL;
    if (token >= tokens) {
      for (int i = 0; i < e->columns; ++i) own[(size_t)i * PANEL] = 0;
      continue;
    }
    const uint8_t *row = rows + (size_t)token * e->row_bytes, *scale = scales + (size_t)token * e->scale_bytes;
    const float* position = e->positions + (size_t)places[2 * token] * e->columns;
    const float* type = e->types + (size_t)places[2 * token + 1] * e->columns;
    for (int first = 0; first < e->columns; first += WORD_GROUP) {
      const int count = smaller(WORD_GROUP, e->columns - first);
      float values[WORD_GROUP];
      decode_group(e, row, scale, first, count, values);
      for (int i = 0; i < count; ++i) own[(size_t)(first + i) * PANEL] = values[i] + position[first + i] + type[first + i];
    }
  }
}
