// The sums of word, position and token-type rows. Word rows come as they are stored, little endian.

/** One row's `column`-th value; `dtype` is a constant in the caller. */
INLINE float word_value(const uint8_t* row, const uint8_t* scales, int column, int dtype) {
  if (dtype == FG_FP32) {
    float value;
    memcpy(&value, row + 4 * column, sizeof value);
    return value;
  }
  if (dtype == FG_FP16) {
    _Float16 value;
    memcpy(&value, row + 2 * column, sizeof value);
    return (float)value;
  }
  if (dtype == FG_INT8) {
    float scale;
    memcpy(&scale, scales, sizeof scale);
    return (float)(int8_t)row[column] * scale;
  }
  _Float16 scale;
  memcpy(&scale, scales + 2 * (column / 32), sizeof scale);
  // Shifts that put the code's four bits on top and bring its sign down.
  const int code = (int32_t)((uint32_t)row[column / 2] << (column % 2 == 0 ? 28 : 24)) >> 28;
  return (float)code * (float)scale;
}

INLINE void embed_row(const fg_embedding* e, const uint8_t* row, const uint8_t* scales, const float* position, const float* type, float* x,
                      int dtype) {
  for (int i = 0; i < e->columns; ++i) x[(size_t)i * PANEL] = word_value(row, scales, i, dtype) + position[i] + type[i];
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
    if (e->dtype == FG_INT4) embed_row(e, row, scale, position, type, own, FG_INT4);
    else if (e->dtype == FG_INT8) embed_row(e, row, scale, position, type, own, FG_INT8);
    else if (e->dtype == FG_FP16) embed_row(e, row, scale, position, type, own, FG_FP16);
    else embed_row(e, row, scale, position, type, own, FG_FP32);
  }
}
