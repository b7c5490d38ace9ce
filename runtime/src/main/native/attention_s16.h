// Attention like attention.h's, in 16-bit codes, two products at a time (vpdpwssd): for layers whose weights are INT8, to whose activations
// it adds an error of one part in some thousands. Sums of products are exact. Lanes are whole panels.

/** Tokens of a sequence from which making the codes pays. */
enum { CODED_FROM = 64 };

/** Scratch for one head of one sequence, as `carve` lays it out. */
typedef struct {
  float* scores;        // [keys][16]
  int32_t* weights;     // [keys / 2][16] pairs
  int32_t* queries;     // [width / 2][16] pairs
  int32_t* keys;        // [panels][width / 2][16] pairs
  int16_t* values;      // [panels][width][16]
  float* key_steps;     // [panels][16]
} fg_head;

INLINE fg_head carve(float* scratch, int panels, int width) {
  const size_t halves = (size_t)(width + 1) / 2 * PANEL;
  fg_head h;
  h.scores = scratch;
  h.weights = (int32_t*)(h.scores + (size_t)panels * PANEL * PANEL);
  h.queries = h.weights + (size_t)panels * PANEL / 2 * PANEL;
  h.keys = h.queries + halves;
  h.key_steps = (float*)(h.keys + panels * halves);
  h.values = (int16_t*)(h.key_steps + panels * PANEL);
  return h;
}

/** The largest 16-bit code with which sums over the width stay within 32 bits. */
INLINE float largest_code(int width) { return fminf(32767, floorf(sqrtf(2147483000.0f / (float)width))); }

/** A panel of queries or keys as pairs of codes along the width; answers what a code is worth in each lane. */
INLINE vf code_pairs(const float* x, int width, int32_t* pairs) {
  vf largest = vf_set1(1e-30f);
  for (int d = 0; d < width; ++d) largest = vf_max(largest, vf_abs(vf_load(x + d * PANEL)));
  const vf limit = vf_set1(largest_code(width)), inverse = vf_div(limit, largest);
  for (int d = 0; d < width; d += 2) {
    const vi low = vi_from_vf(vf_mul(vf_load(x + d * PANEL), inverse));
    const vi high = d + 1 < width ? vi_from_vf(vf_mul(vf_load(x + (d + 1) * PANEL), inverse)) : vi_zero();
    vi_store(pairs + d / 2 * PANEL, vi_pair(low, high));
  }
  return vf_div(largest, limit);
}

/** Codes of a head's values, all with one step, which it answers; other sequences' lanes get codes that weigh nothing. */
INLINE float code_values(const float* v, size_t stride, int width, int start, int end, int16_t* codes) {
  const int first = start / PANEL, panels = panel_count(end) - first;
  vf largest = vf_set1(1e-30f);
  for (int p = 0; p < panels; ++p)
    for (int d = 0; d < width; ++d) {
      const vf value = vf_abs(vf_load(v + (first + p) * stride + d * PANEL));
      largest = vf_max(largest, vf_keep_lanes(value, start - (first + p) * PANEL, end - (first + p) * PANEL));
    }
  float lanes[PANEL], most = 0;
  vf_store(lanes, largest);
  for (int lane = 0; lane < PANEL; ++lane) most = lanes[lane] > most ? lanes[lane] : most;
  const vf inverse = vf_set1(32767.0f / most);
  for (int p = 0; p < panels; ++p)
    for (int d = 0; d < width; ++d) {
      const vi code = vi_from_vf(vf_mul(vf_load(v + (first + p) * stride + d * PANEL), inverse));
      store_codes(codes + ((size_t)p * width + d) * PANEL, &code);
    }
  return most / 32767.0f;
}

/** Scores of a panel of queries with a panel of keys, `low` to `high` of which count. */
INLINE vf panel_scores(const fg_head* h, int panel, int width, vf query_step, int low, int high, vf largest) {
  const int halves = (width + 1) / 2;
  const int32_t* keys = h->keys + (size_t)panel * halves * PANEL;
  vi sums[PANEL];
  UNROLL for (int key = 0; key < PANEL; ++key) sums[key] = vi_zero();
  for (int d = 0; d < halves; ++d, keys += PANEL) {
    const vi queries = vi_load(h->queries + d * PANEL);
    UNROLL for (int key = 0; key < PANEL; ++key) sums[key] = vi_dot2_with(sums[key], queries, keys + key);
  }
  float* scores = h->scores + (size_t)panel * PANEL * PANEL;
  UNROLL for (int key = 0; key < PANEL; ++key) {
    const int counts = key >= low && key < high;
    const vf score = vf_mul(vf_from_vi(sums[key]), vf_mul(query_step, vf_set1(h->key_steps[panel * PANEL + key])));
    largest = counts ? vf_max(largest, score) : largest;
    // What exp makes nothing of.
    vf_store(scores + key * PANEL, counts ? score : vf_set1(-1e30f));
  }
  return largest;
}

/** Scores to pairs of codes of weights that sum up to 32767 in each lane. */
INLINE void soften(const fg_head* h, int keys, vf largest) {
  vf sum = vf_set1(0);
  for (int key = 0; key < keys; ++key) {
    const vf weight = v_exp(vf_sub(vf_load(h->scores + (size_t)key * PANEL), largest));
    sum = vf_add(sum, weight);
    vf_store(h->scores + (size_t)key * PANEL, weight);
  }
  const vf factor = vf_div(vf_set1(32767), sum);
  for (int key = 0; key < keys; key += 2) {
    const vi low = vi_from_vf(vf_mul(vf_load(h->scores + (size_t)key * PANEL), factor));
    const vi high = vi_from_vf(vf_mul(vf_load(h->scores + (size_t)(key + 1) * PANEL), factor));
    vi_store(h->weights + (size_t)key / 2 * PANEL, vi_pair(low, high));
  }
}

/** `rows` features of the context from `d` on, into the lanes [low, high). */
INLINE void weighted_values(const fg_head* h, int panels, int width, int d, float value_step, float* out, int low, int high, int rows) {
  vi sums[PANEL];
  UNROLL for (int r = 0; r < rows; ++r) sums[r] = vi_zero();
  const int32_t* weights = h->weights;
  for (int panel = 0; panel < panels; ++panel) {
    const int16_t* values = h->values + ((size_t)panel * width + d) * PANEL;
    for (int pair = 0; pair < PANEL / 2; ++pair, weights += PANEL, values += 2) {
      const vi both = vi_load(weights);
      UNROLL for (int r = 0; r < rows; ++r) sums[r] = vi_dot2_with(sums[r], both, values + r * PANEL);
    }
  }
  const vf step = vf_set1(value_step / 32767.0f);
  UNROLL for (int r = 0; r < rows; ++r) vf_store_lanes(out + (d + r) * PANEL, vf_mul(vf_from_vi(sums[r]), step), low, high);
}

/** Bytes of scratch for sequences of up to `keys` tokens. */
int64_t FG_NAME(fg_attention_s16_scratch)(int32_t keys, int32_t width) {
  // A sequence may start within a panel.
  const fg_head end = carve((float*)0, panel_count(keys) + 1, width);
  return (int64_t)(intptr_t)(end.values + (size_t)(panel_count(keys) + 1) * width * PANEL);
}

void FG_NAME(fg_attention_s16)(const float* q, const float* k, const float* v, float* out, const int32_t* offsets, int32_t heads,
                               int32_t width, int32_t pitch, int32_t from, int32_t to, float* scratch) {
  const size_t stride = (size_t)pitch * PANEL, out_stride = (size_t)heads * width * PANEL;
  for (int item = from; item < to; ++item) {
    const int start = offsets[item / heads], end = offsets[item / heads + 1], first = start / PANEL, panels = panel_count(end) - first;
    if (end - start < CODED_FROM) {
      FG_NAME(fg_attention)(q, k, v, out, offsets, heads, width, pitch, item, item + 1, scratch);
      continue;
    }
    const size_t at = (size_t)(item % heads) * width * PANEL;
    const fg_head h = carve(scratch, panels, width);
    for (int p = 0; p < panels; ++p)
      vf_store(h.key_steps + p * PANEL, code_pairs(k + (first + p) * stride + at, width, h.keys + (size_t)p * ((width + 1) / 2) * PANEL));
    const float value_step = code_values(v + at, stride, width, start, end, h.values);
    for (int p = 0; p < panels; ++p) {
      const int low = start - (first + p) * PANEL, high = end - (first + p) * PANEL;
      const vf step = vf_mul(code_pairs(q + (first + p) * stride + at, width, h.queries), vf_set1(1.0f / sqrtf((float)width)));
      vf largest = vf_set1(-INFINITY);
      for (int other = 0; other < panels; ++other)
        largest = panel_scores(&h, other, width, step, start - (first + other) * PANEL, end - (first + other) * PANEL, largest);
      soften(&h, panels * PANEL, largest);
      float* answer = out + (first + p) * out_stride + at;
      int d = 0;
      for (; d + PANEL <= width; d += PANEL) weighted_values(&h, panels, width, d, value_step, answer, low, high, PANEL);
      for (; d < width; ++d) weighted_values(&h, panels, width, d, value_step, answer, low, high, 1);
    }
  }
}
