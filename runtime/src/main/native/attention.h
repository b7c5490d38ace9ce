// Attention within each sequence: lanes are queries, and a vector of queries meets ATTENTION_ROWS keys (then features of the values) at
// once, so that enough sums are under way.

/** ATTENTION_ROWS keys side by side in `keys`, times the queries, summed over the width; `count` vectors of queries. */
INLINE void scores_of_rows(const float* q, const float* keys, int width, int count, vf sums[ATTENTION_ROWS][VECTORS]) {
  UNROLL for (int r = 0; r < ATTENTION_ROWS; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_set1(0);
  for (int d = 0; d < width; ++d) {
    vf queries[VECTORS];
    UNROLL for (int i = 0; i < count; ++i) queries[i] = vf_load(q + d * PANEL + i * LANES);
    UNROLL for (int r = 0; r < ATTENTION_ROWS; ++r) {
      const vf key = vf_set1(keys[d * PANEL + r]);
      UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_fma(queries[i], key, sums[r][i]);
    }
  }
}

/** `rows` features of the context: values of the keys [from, to), weighted by `scores`, times `factor`, into the lanes [low, high). */
INLINE void context(const float* v, size_t panel_stride, int from, int to, const float* scores, const vf* factor, float* out, int low,
                    int high, int rows, int count) {
  vf sums[ATTENTION_ROWS][VECTORS];
  UNROLL for (int r = 0; r < rows; ++r)
    UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_set1(0);
  for (int panel = from / PANEL; panel * PANEL < to; ++panel) {
    const int first = panel * PANEL < from ? from : panel * PANEL, end = smaller(to, (panel + 1) * PANEL);
    const float* values = v + panel * panel_stride + first % PANEL;
    const float* row = scores + (size_t)(first - from) * PANEL;
    for (int key = first; key < end; ++key, ++values, row += PANEL) {
      vf weights[VECTORS];
      UNROLL for (int i = 0; i < count; ++i) weights[i] = vf_load(row + i * LANES);
      UNROLL for (int r = 0; r < rows; ++r) {
        const vf value = vf_set1(values[r * PANEL]);
        UNROLL for (int i = 0; i < count; ++i) sums[r][i] = vf_fma(weights[i], value, sums[r][i]);
      }
    }
  }
  UNROLL for (int r = 0; r < rows; ++r)
    UNROLL for (int i = 0; i < count; ++i)
      vf_store_lanes(out + r * PANEL + i * LANES, vf_mul(sums[r][i], factor[i]), low - i * LANES, high - i * LANES);
}

/** The queries of `count` vectors of one panel, of which the lanes [low, high) belong to the sequence of the keys [from, to). */
INLINE void attend(const float* q, const float* k, const float* v, float* out, size_t panel_stride, int width, int from, int to, int low,
                   int high, int count, float* scores) {
  const vf factor = vf_set1(1.0f / sqrtf((float)width));
  vf largest[VECTORS], sum[VECTORS];
  UNROLL for (int i = 0; i < count; ++i) largest[i] = vf_set1(-INFINITY), sum[i] = vf_set1(0);
  for (int first = from / ATTENTION_ROWS * ATTENTION_ROWS; first < to; first += ATTENTION_ROWS) {
    vf sums[ATTENTION_ROWS][VECTORS];
    scores_of_rows(q, k + first / PANEL * panel_stride + first % PANEL, width, count, sums);
    UNROLL for (int r = 0; r < ATTENTION_ROWS; ++r) {
      if (first + r < from || first + r >= to) continue;
      UNROLL for (int i = 0; i < count; ++i) {
        const vf score = vf_mul(sums[r][i], factor);
        largest[i] = vf_max(largest[i], score);
        vf_store(scores + (size_t)(first + r - from) * PANEL + i * LANES, score);
      }
    }
  }
  for (int key = 0; key < to - from; ++key)
    UNROLL for (int i = 0; i < count; ++i) {
      float* at = scores + (size_t)key * PANEL + i * LANES;
      const vf weight = v_exp(vf_sub(vf_load(at), largest[i]));
      sum[i] = vf_add(sum[i], weight);
      vf_store(at, weight);
    }
  UNROLL for (int i = 0; i < count; ++i) sum[i] = vf_div(vf_set1(1), sum[i]);
  int d = 0;
  for (; d + ATTENTION_ROWS <= width; d += ATTENTION_ROWS)
    context(v + d * PANEL, panel_stride, from, to, scores, sum, out + d * PANEL, low, high, ATTENTION_ROWS, count);
  for (; d < width; ++d) context(v + d * PANEL, panel_stride, from, to, scores, sum, out + d * PANEL, low, high, 1, count);
}

void FG_NAME(fg_attention)(const float* q, const float* k, const float* v, float* out, const int32_t* queries, const int32_t* keys,
                           int32_t heads, int32_t width, int32_t pitch, int32_t from, int32_t to, float* scores) {
  const size_t stride = (size_t)pitch * PANEL, out_stride = (size_t)heads * width * PANEL;
  for (int item = from; item < to; ++item) {
    const int sequence = item / heads, first = queries[sequence], last = queries[sequence + 1];
    const int start = keys[sequence], end = keys[sequence + 1];
    const size_t head = (size_t)(item % heads) * width * PANEL;
    for (int panel = first / PANEL; panel * PANEL < last; ++panel) {
      const int low = first > panel * PANEL ? first - panel * PANEL : 0, high = smaller(last - panel * PANEL, PANEL);
      const float* asking = q + panel * stride + head;
      float* answer = out + panel * out_stride + head;
      if (VECTORS == 2 && high <= LANES) attend(asking, k + head, v + head, answer, stride, width, start, end, low, high, 1, scores);
      else attend(asking, k + head, v + head, answer, stride, width, start, end, low, high, VECTORS, scores);
    }
  }
}
