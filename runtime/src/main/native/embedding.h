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
    // Shifts that put the code's four bits on top and bring its sign down; of an odd count the last pair's second half is no one's.
    for (int i = 0; i < count; i += 2) {
      const uint32_t pair = row[(first + i) / 2];
      values[i] = (float)((int32_t)(pair << 28) >> 28) * scale;
      values[i + 1] = (float)((int32_t)(pair << 24) >> 28) * scale;
    }
  }
}

/** The sums of the columns [first, first + count), at most a group, of LANES tokens from `token` on; zero from `tokens` on. */
INLINE void embed_group(const fg_embedding* e, const uint8_t* rows, const uint8_t* scales, const int32_t* places, int token, int tokens,
                        int first, int count, float sums[LANES][WORD_GROUP]) {
  for (int lane = 0; lane < LANES; ++lane, ++token) {
    float* own = sums[lane];
    if (token >= tokens) {
      memset(own, 0, sizeof *sums);
      continue;
    }
    const float* position = e->positions + (size_t)places[2 * token] * e->columns + first;
    const float* type = e->types + (size_t)places[2 * token + 1] * e->columns + first;
    decode_group(e, rows + (size_t)token * e->row_bytes, scales + (size_t)token * e->scale_bytes, first, count, own);
    for (int i = 0; i < count; ++i) own[i] = own[i] + position[i] + type[i];
  }
}

void FG_NAME(fg_embed)(const fg_embedding* e, const uint8_t* rows, const uint8_t* scales, const int32_t* places, float* x, int32_t tokens,
                       int32_t from, int32_t to) {
  for (int token = from * PANEL; token < to * PANEL; token += LANES) {
    float* own = x + (size_t)(token / PANEL) * e->columns * PANEL + token % PANEL;
    float sums[LANES][WORD_GROUP];
    int first = 0;
    for (; first + WORD_GROUP <= e->columns; first += WORD_GROUP) {
      embed_group(e, rows, scales, places, token, tokens, first, WORD_GROUP, sums);
      for (int column = 0; column < WORD_GROUP; column += LANES) {
        vf block[LANES];
        UNROLL for (int lane = 0; lane < LANES; ++lane) block[lane] = vf_load(sums[lane] + column);
        vf_transpose(block);
        UNROLL for (int i = 0; i < LANES; ++i) vf_store(own + (size_t)(first + column + i) * PANEL, block[i]);
      }
    }
    if (first == e->columns) continue;
    embed_group(e, rows, scales, places, token, tokens, first, e->columns - first, sums);
    for (int i = 0; first + i < e->columns; ++i)
      for (int lane = 0; lane < LANES; ++lane) own[(size_t)(first + i) * PANEL + lane] = sums[lane][i];
  }
}
