// Attention like attention.h's, in 16-bit codes, two products at a time (vpdpwssd), for layers whose weights are INT8. A sequence's tokens
// are taken together wherever they lie in panels: lanes are idle in its last vector alone, and what a sequence gets hangs on nothing else.
//
// - Keys have one step for all of a head, queries one each, such that the high 16 bits of a sum of products are a score in units of
//   2^-12, times a power of two, in the exponent of two. Two shifts then split its distance from the largest into whole and fraction.
// - Weights are 2^15 times exp(score - largest), by a cubic for the fraction, all in 16 bits. They are not made to sum up to anything:
//   the context is divided by the sum of their codes.
// - Sums over CHUNK keys fit 32 bits; they are added up in fp32.
//
// ERRORS against double, of 32 normally distributed features and 32 to 512 tokens, in parts of the head's largest value: root mean square
// (largest). What they were when weights summed up to 32767 and codes went by the largest feature, for 64 tokens and more, follows.
//
//   scores near zero                              0.5e-5 to 2.0e-5 (8e-5)       1.8e-5 to 2.7e-5 (1.3e-4)
//   scores of standard deviation 1.4              1.7e-5 to 4.3e-5 (2.2e-4)     2.1e-5 to 4.3e-5 (2.0e-4)
//   one key with 0.9 of the weight                1.1e-4 to 1.3e-4 (6e-4)       1.7e-5 to 4.2e-5 (1.9e-4)
//   scores of standard deviation 25               1.4e-4 to 2.0e-4 (3.4e-3)     1.0e-4 to 1.3e-4 (3.6e-3)
//   100 keys that weigh the same, equal values    none                          1e-3
//
// A weight below 2^-16 of the largest is lost. Many keys that weigh the same are rounded the same: n of them shift n / 2^16 of the
// weight at worst.
//
// VERSIONS TRIED, in microseconds for 12 heads of 32 features and 128 tokens on a Zen 4, where the products alone take 107:
//
//   fp32 (attention.h)                                                                                       259
//   in fp32 from sums to weights: scores, exp, codes that sum up to 32767, each in a pass of its own         184
//   exp from a table of 2^(j / 16) and a quadratic                                                           173
//   one pass from 32-bit sums to weights: fp32 down to the distance from the largest, then 16 bits           147
//   the same, the next chunk's weights between the products of this one                                      144
//   all in 16 bits from the sums on, which is what follows                                                   135
//   the same, the next chunk's weights between the products of this one                                      134
//
// Fetching the next head's features costs 1 % there and gains 5 % to 15 % with 32 sequences of 64 tokens. Up to 8 tokens would take 0.4 of
// 3.3 microseconds less in fp32, but 1.4 times as long where they straddle two panels.

enum {
  /** Keys whose weights and values are laid side by side. */
  GROUP = 4,
  CHUNK = 32,
  /** The code of the largest weight. */
  LARGEST_WEIGHT = 32764,
  LARGEST_VALUE = 2048,
  /** Length of the longest key in codes. That of queries is at most twice as much. */
  LONGEST_KEY = 32700,
  /** Scores count 2^-FRACTION_BITS, or a power of two times as much. */
  FRACTION_BITS = 12,
};
_Static_assert((int64_t)CHUNK * LARGEST_WEIGHT * LARGEST_VALUE <= INT32_MAX, "sums over a chunk fit 32 bits");
// Rounding makes a vector of w codes longer by sqrt(w) / 2 at most.
_Static_assert((2LL * LONGEST_KEY + 90) * (LONGEST_KEY + 90) <= INT32_MAX, "scores of heads of up to 32400 features fit 32 bits");

/** Sizes, and scratch, of one head of one sequence. */
typedef struct {
  int tokens, panels, width, pairs;  // pairs of features
  vi* weights;                       // [panels][8 pairs of keys]: scores, then their weights
  int32_t* queries;                  // [pairs][16]: of 16 tokens
  int32_t* keys;                     // [panels][pairs][16]
  int16_t* values;                   // [panels][pairs][4 groups][2 features][GROUP]
  float* context;                    // [width][16]: sums over the chunks before
} fg_head;

INLINE fg_head carve(float* scratch, int tokens, int width) {
  fg_head h = {.tokens = tokens, .panels = panel_count(tokens), .width = width, .pairs = (width + 1) / 2, .weights = (vi*)scratch};
  h.queries = (int32_t*)(h.weights + h.panels * (PANEL / 2));
  h.keys = h.queries + h.pairs * PANEL;
  h.values = (int16_t*)(h.keys + (size_t)h.panels * h.pairs * PANEL);
  h.context = (float*)(h.values + (size_t)h.panels * h.pairs * 2 * PANEL);
  return h;
}

/** Up to 16 tokens that follow each other: from lane `low` of a panel on, the rest from the panel behind it. */
typedef struct {
  int low, count;
  int whole;    // they are a panel
  int spills;   // some are in the panel behind
  vi from;      // the lane of each, in both panels; after the last token the same again
} fg_span;

INLINE fg_span span_of(int tokens, int panel, int low) {
  const int count = smaller(tokens - panel * PANEL, PANEL);
  return (fg_span){low, count, low == 0 && count == PANEL, low + count > PANEL, vi_steps(low, low + count - 1)};
}

/** Two features of a span's tokens. */
typedef struct {
  vf low, high;
} fg_two;

INLINE vf take(const float* x, size_t stride, const fg_span* s) {
  return s->whole ? vf_load(x) : vf_pick(vf_load(x), vf_load(x + (s->spills ? stride : 0)), s->from);
}

/** The features d and, where there is one, d + 1. */
INLINE fg_two take_two(const float* x, size_t stride, const fg_span* s, int d, int width) {
  return (fg_two){take(x + d * PANEL, stride, s), d + 1 < width ? take(x + (d + 1) * PANEL, stride, s) : vf_set1(0)};
}

/** Features side by side, to the places of a span's tokens and no others. */
INLINE void put(const vf* features, float* to, size_t stride, const fg_span* s, int rows) {
  const int here = PANEL - s->low;
  if (s->whole) {
    UNROLL for (int r = 0; r < rows; ++r) vf_store(to + r * PANEL, features[r]);
  } else {
    UNROLL for (int r = 0; r < rows; ++r) vf_store_lanes(to + r * PANEL + s->low, features[r], 0, smaller(s->count, here));
    if (s->spills) UNROLL for (int r = 0; r < rows; ++r) vf_store_lanes(to + stride + r * PANEL - here, features[r], here, s->count);
  }
}

INLINE void code_pairs(const fg_head* h, const float* x, size_t stride, const fg_span* s, vf inverse, int32_t* pairs) {
  for (int d = 0; d < h->width; d += 2, pairs += PANEL) {
    const fg_two x2 = take_two(x, stride, s, d, h->width);
    vi_store(pairs, vw_pair(vi_from_vf(vf_mul(x2.low, inverse)), vi_from_vf(vf_mul(x2.high, inverse))));
  }
}

/** Codes the keys; answers what they were multiplied by. Going by their length, not their largest feature, gives most of them more bits. */
INLINE float code_keys(const fg_head* h, const float* k, size_t stride, int low) {
  vf longest = vf_set1(1e-30f);
  for (int p = 0; p < h->panels; ++p) {
    const fg_span s = span_of(h->tokens, p, low);
    fg_two squares = {vf_set1(0), vf_set1(0)};
    for (int d = 0; d < h->width; d += 2) {
      const fg_two x = take_two(k + p * stride, stride, &s, d, h->width);
      squares = (fg_two){vf_fma(x.low, x.low, squares.low), vf_fma(x.high, x.high, squares.high)};
    }
    longest = vf_max(longest, vf_add(squares.low, squares.high));
  }
  const float factor = LONGEST_KEY / sqrtf(vf_largest(longest));
  for (int p = 0; p < h->panels; ++p) {
    const fg_span s = span_of(h->tokens, p, low);
    code_pairs(h, k + p * stride, stride, &s, vf_set1(factor), h->keys + (size_t)p * h->pairs * PANEL);
  }
  return factor;
}

/** Codes the values, and answers their step. After the last token codes are zero. */
INLINE float code_values(const fg_head* h, const float* v, size_t stride, int low) {
  vf largest = vf_set1(1e-30f);
  for (int p = 0; p < h->panels; ++p) {
    const fg_span s = span_of(h->tokens, p, low);
    for (int d = 0; d < h->width; d += 2) {
      const fg_two x = take_two(v + p * stride, stride, &s, d, h->width);
      largest = vf_max(largest, vf_max(vf_abs(x.low), vf_abs(x.high)));
    }
  }
  const float most = vf_largest(largest);
  int16_t* values = h->values;
  for (int p = 0; p < h->panels; ++p) {
    const fg_span s = span_of(h->tokens, p, low);
    const vf inverse = vf_keep_lanes(vf_set1(LARGEST_VALUE / most), 0, s.count);
    for (int d = 0; d < h->width; d += 2, values += 2 * PANEL) {
      const fg_two x = take_two(v + p * stride, stride, &s, d, h->width);
      vi_store(values, vw_pack(vi_from_vf(vf_mul(x.low, inverse)), vi_from_vf(vf_mul(x.high, inverse))));
    }
  }
  return most / LARGEST_VALUE;
}

/**
 * Codes a span's queries. `factor` would make scores count 2^-FRACTION_BITS; where queries are too long for that, it is halved as often as
 * the answer says. If even a score of one is too fine for 16 bits, scores are scaled down: keys' codes tell no such scores apart.
 */
INLINE vf code_queries(const fg_head* h, const float* q, size_t stride, const fg_span* s, float factor) {
  fg_two squares = {vf_set1(0), vf_set1(0)}, largest = {vf_set1(1e-30f), vf_set1(0)};
  for (int d = 0; d < h->width; d += 2) {
    const fg_two x = take_two(q, stride, s, d, h->width), square = {vf_mul(x.low, x.low), vf_mul(x.high, x.high)};
    squares = (fg_two){vf_add(squares.low, square.low), vf_add(squares.high, square.high)};
    largest = (fg_two){vf_max(largest.low, square.low), vf_max(largest.high, square.high)};
  }
  // Twice as long as keys, if no feature is then beyond 16 bits.
  const vf quarter = vf_mul(vf_add(squares.low, squares.high), vf_set1(0.25f));
  const vf step = vf_mul(vf_sqrt(vf_max(quarter, vf_max(largest.low, largest.high))), vf_set1(1.0f / LONGEST_KEY));
  const vf exponent = vf_add(vf_exponent(vf_mul(step, vf_set1(factor))), vf_set1(1));
  const vf halvings = vf_min(vf_max(exponent, vf_set1(0)), vf_set1(FRACTION_BITS));
  const vf inverse = vf_min(vf_scale(vf_set1(factor), vf_sub(vf_set1(0), halvings)), vf_div(vf_set1(1), step));
  code_pairs(h, q, stride, s, inverse, h->queries);
  return halvings;
}

/** Scores of a span of queries with the first `keys` keys of a panel, in pairs; answers the largest so far. */
INLINE vi panel_scores(const fg_head* h, int panel, vi largest, int keys) {
  const int32_t *queries = h->queries, *codes = h->keys + (size_t)panel * h->pairs * PANEL;
  vi sums[PANEL];
  UNROLL for (int key = 0; key < keys; ++key) sums[key] = vi_own_zero();
  for (int d = 0; d < h->pairs; ++d, queries += PANEL, codes += PANEL) {
    const vi own = vi_load(queries);
    UNROLL for (int key = 0; key < keys; ++key) sums[key] = vi_dot2_with(sums[key], own, codes + key);
  }
  vi* scores = h->weights + panel * (PANEL / 2);
  UNROLL for (int key = 0; key < keys; key += 2) {
    const vi two = vw_high_halves(sums[key], sums[key + 1]);
    largest = vw_max(largest, two);
    vi_store(scores + key / 2, two);
  }
  return largest;
}

/** Scores with all keys, whole groups of them; those after the last are the last one's again. Answers the largest of each query, twice. */
INLINE vi all_scores(const fg_head* h) {
  vi largest = vw_set1(INT16_MIN);
  for (int panel = 0; panel < h->panels; ++panel) {
    const int left = h->tokens - panel * PANEL;
    if (left > 3 * GROUP) largest = panel_scores(h, panel, largest, 4 * GROUP);
    else if (left > 2 * GROUP) largest = panel_scores(h, panel, largest, 3 * GROUP);
    else if (left > GROUP) largest = panel_scores(h, panel, largest, 2 * GROUP);
    else largest = panel_scores(h, panel, largest, GROUP);
  }
  return vw_max(largest, vw_swap(largest));
}

/**
 * 2^15 2^-x, rounded, for a score that is x below the largest: to within 1e-4, but for a factor that all weights share. A shift by 16 or
 * more leaves nothing, as it should.
 */
INLINE vi weights_of(vi scores, vi largest, vi to_fraction, vi to_exponent) {
  const vi below = vw_sub(largest, scores), fraction = vw_shift_left(below, to_fraction);
  vi power = vw_sub(vw_set1(15071), vw_mul_high(fraction, vw_set1(2552)));
  power = vw_sub(vw_set1(45285), vw_mul_high(fraction, power));
  power = vw_sub(vw_set1(2 * LARGEST_WEIGHT - 1), vw_mul_high(fraction, power));
  return vw_half(vw_shift_right(power, vw_shift_right(below, to_exponent)));
}

/** Scores to weights; answers their sum over the sequence's keys. */
INLINE vi soften(const fg_head* h, vi largest, vf halvings) {
  static const int16_t counts[2 * GROUP] = {1, 1, 1, 1};
  const vi one = vi_from_vf(halvings), two = vw_pair(one, one);
  const vi to_fraction = vw_add(vw_set1(16 - FRACTION_BITS), two), to_exponent = vw_sub(vw_set1(FRACTION_BITS), two);
  vi sum = vi_zero(), *weights = h->weights;
  for (int left = h->tokens; left > 0; left -= GROUP, weights += GROUP / 2) {
    const int16_t* counted = counts + (left < GROUP ? GROUP - left : 0);
    UNROLL for (int pair = 0; pair < GROUP / 2; ++pair) {
      const vi codes = weights_of(vi_load(weights + pair), largest, to_fraction, to_exponent);
      vi_store(weights + pair, codes);
      sum = vi_dot2_with(sum, codes, counted + 2 * pair);
    }
  }
  return sum;
}

/** Adds up a chunk's weighted values, `rows` features from `d` on; after the last chunk they go, times `factor`, to a span's places. */
INLINE void weighted_values(const fg_head* h, int first, int d, vf factor, float* out, size_t stride, const fg_span* s, int rows) {
  const int end = smaller(first + CHUNK, h->tokens);
  vi sums[PANEL];
  UNROLL for (int r = 0; r < rows; ++r) sums[r] = vi_own_zero();
  for (int key = first; key < end; key += GROUP) {
    const int16_t* values = h->values + ((size_t)(key / PANEL) * h->pairs + d / 2) * 2 * PANEL + key % PANEL * 2 + d % 2 * GROUP;
    UNROLL for (int pair = 0; pair < GROUP / 2; ++pair) {
      const vi weights = vi_load(h->weights + key / 2 + pair);
      UNROLL for (int r = 0; r < rows; ++r)
        sums[r] = vi_dot2_with(sums[r], weights, values + r / 2 * 2 * PANEL + r % 2 * GROUP + 2 * pair);
    }
  }
  float* context = h->context + d * PANEL;
  vf totals[PANEL];
  if (end < h->tokens) {
    UNROLL for (int r = 0; r < rows; ++r) {
      const vf total = vf_from_vi(sums[r]);
      vf_store(context + r * PANEL, first > 0 ? vf_add(total, vf_load(context + r * PANEL)) : total);
    }
  } else {
    UNROLL for (int r = 0; r < rows; ++r) {
      const vf total = vf_from_vi(sums[r]);
      totals[r] = vf_mul(first > 0 ? vf_add(total, vf_load(context + r * PANEL)) : total, factor);
    }
    put(totals, out + d * PANEL, stride, s, rows);
  }
}

/** Bytes of scratch for sequences of up to `keys` tokens. */
int64_t FG_NAME(fg_attention_s16_scratch)(int32_t keys, int32_t width) {
  const fg_head end = carve((float*)0, keys, width);
  return (int64_t)(intptr_t)(end.context + (size_t)width * PANEL);
}

/** Tokens that follow each other, from lane `low` of a panel on. */
typedef struct {
  int low, tokens;
} fg_run;

/** One head of one sequence. */
static void attend_in_codes(const float* q, const float* k, const float* v, float* out, size_t stride, size_t out_stride, fg_run queries,
                            fg_run keys, int width, float* scratch) {
  const fg_head h = carve(scratch, keys.tokens, width);
  const float key_factor = code_keys(&h, k, stride, keys.low), value_step = code_values(&h, v, stride, keys.low);
  // log2(e) / sqrt(width) in the fraction's bits, above the low half of a sum.
  const float factor = (float)(1.4426950408889634 * (1 << (16 + FRACTION_BITS))) / sqrtf((float)width) / key_factor;
  for (int p = 0; p < panel_count(queries.tokens); ++p, q += stride, k += stride, v += stride, out += out_stride) {
    const fg_span s = span_of(queries.tokens, p, queries.low);
    const vf halvings = code_queries(&h, q, stride, &s, factor);
    // The next head's features are the next in each panel.
    for (int d = width; d < 2 * width; ++d) {
      __builtin_prefetch(q + d * PANEL);
      __builtin_prefetch(k + d * PANEL);
      __builtin_prefetch(v + d * PANEL);
    }
    const vf share = vf_div(vf_set1(value_step), vf_from_vi(soften(&h, all_scores(&h), halvings)));
    for (int first = 0; first < keys.tokens; first += CHUNK) {
      int d = 0;
      for (; d + PANEL <= width; d += PANEL) weighted_values(&h, first, d, share, out, out_stride, &s, PANEL);
      for (; d < width; ++d) weighted_values(&h, first, d, share, out, out_stride, &s, 1);
    }
  }
}

void FG_NAME(fg_attention_s16)(const float* q, const float* k, const float* v, float* out, const int32_t* queries, const int32_t* keys,
                               int32_t heads, int32_t width, int32_t pitch, int32_t from, int32_t to, float* scratch) {
  const size_t stride = (size_t)pitch * PANEL, out_stride = (size_t)heads * width * PANEL;
  for (int item = from; item < to; ++item) {
    const int sequence = item / heads, first = queries[sequence], start = keys[sequence];
    const size_t head = (size_t)(item % heads) * width * PANEL, at = start / PANEL * stride + head;
    const fg_run asking = {first % PANEL, queries[sequence + 1] - first}, asked = {start % PANEL, keys[sequence + 1] - start};
    attend_in_codes(q + first / PANEL * stride + head, k + at, v + at, out + first / PANEL * out_stride + head, stride, out_stride, asking,
                    asked, width, scratch);
  }
}
