// What Java calls, by JNI: for each kind of function of filigree.h one that takes the function's address, since there is one of it for
// every level. Java's foreign function interface would need none of this, but the JDK makes its method handles when they are first asked
// for, which took a third of the processor time that a new JVM needs for its first answer. No object is passed, so there is no need for
// jni.h: pointers come as numbers of 64 bits, and the first two arguments, environment and class, are not used.
#include <stdlib.h>

#include "filigree.h"

#define JAVA(function) Java_dev_filigree_runtime_kernel_nativecode_NativeCalls_##function
#define CALL(name) ((__typeof__(&name))(intptr_t)function)
#define UNUSED __attribute__((unused))
#define JNI UNUSED const void *environment, UNUSED const void *type
#define JNI_OF JNI, int64_t function

enum { CACHE_LINE = 64 };

/** Behind a cache line that ends with where the allocation begins: calloc, unlike memset, writes nothing where pages are new. */
int64_t JAVA(allocate)(JNI, int64_t bytes) {
  char* all = calloc(1, (size_t)bytes + 2 * CACHE_LINE);
  if (all == NULL) return 0;
  const intptr_t address = ((intptr_t)all / CACHE_LINE + 2) * CACHE_LINE;
  ((char**)address)[-1] = all;
  return address;
}

void JAVA(free)(JNI, int64_t address) { free(((char**)address)[-1]); }

int32_t JAVA(layPairs)(JNI, int64_t stored, int64_t laid, int32_t rows, int32_t kept, int32_t block_rows, int32_t tile) {
  return fg_lay_pairs((const int8_t*)stored, (int16_t*)laid, rows, kept, block_rows, tile);
}

void JAVA(layQuads)(JNI, int64_t stored, int64_t laid, int32_t rows, int32_t kept, int32_t block_rows, int32_t tile) {
  fg_lay_quads((const int8_t*)stored, (int8_t*)laid, rows, kept, block_rows, tile);
}

void JAVA(layPairedTiles)(JNI, int64_t stored, int64_t laid, int32_t rows, int32_t kept, int32_t depth) {
  fg_lay_paired_tiles((const int8_t*)stored, (int8_t*)laid, rows, kept, depth);
}

void JAVA(sumRows)(JNI, int64_t stored, int64_t sums, int32_t rows, int32_t kept) {
  fg_sum_rows((const int8_t*)stored, (int32_t*)sums, rows, kept);
}

int32_t JAVA(listInputs)(JNI, int64_t ids, int32_t width, int64_t patterns, int32_t count, int32_t m, int32_t kept, int32_t blocks,
                         int32_t groups, int64_t inputs) {
  return fg_list_inputs((const uint8_t*)ids, width, (const uint32_t*)patterns, count, m, kept, blocks, groups, (int32_t*)inputs);
}

void JAVA(scaleRows)(JNI, int64_t codes, int64_t scales, int32_t rows, int32_t columns, int64_t values) {
  fg_scale_rows((const int8_t*)codes, (const float*)scales, rows, columns, (float*)values);
}

int32_t JAVA(level)(JNI_OF) { return CALL(fg_level)(); }

void JAVA(linearF32)(JNI_OF, int64_t m, int64_t x, int64_t y, int32_t tokens, int32_t from, int32_t to, int32_t epilogue) {
  CALL(fg_linear_f32_avx2)((const fg_matrix*)m, (const float*)x, (float*)y, tokens, from, to, epilogue);
}

void JAVA(linearS8)(JNI_OF, int64_t m, int64_t codes, int64_t steps, int64_t y, int32_t tokens, int32_t from, int32_t to, int32_t epilogue,
                    int64_t scratch) {
  CALL(fg_linear_s8_avx2)((const void*)m, (const void*)codes, (const float*)steps, (float*)y, tokens, from, to, epilogue,
                          (void*)scratch);
}

void JAVA(quantise)(JNI_OF, int64_t x, int64_t codes, int64_t steps, int32_t features, float limit, int32_t from, int32_t to) {
  CALL(fg_quantise_avx2)((const float*)x, (void*)codes, (float*)steps, features, limit, from, to);
}

void JAVA(embed)(JNI_OF, int64_t e, int64_t rows, int64_t scales, int64_t places, int64_t x, int32_t tokens, int32_t from, int32_t to) {
  CALL(fg_embed_avx2)((const fg_embedding*)e, (const uint8_t*)rows, (const uint8_t*)scales, (const int32_t*)places, (float*)x, tokens,
                      from, to);
}

void JAVA(pool)(JNI_OF, int64_t x, int64_t offsets, int32_t features, int32_t first_only, int64_t pooled, int32_t sequences) {
  CALL(fg_pool_avx2)((const float*)x, (const int32_t*)offsets, features, first_only, (float*)pooled, sequences);
}

void JAVA(tanh)(JNI_OF, int64_t x, int32_t features, int32_t panels) { CALL(fg_tanh_avx2)((float*)x, features, panels); }

void JAVA(layerNorm)(JNI_OF, int64_t x, int64_t gamma, int64_t beta, int32_t features, float epsilon, int32_t from, int32_t to) {
  CALL(fg_layer_norm_avx2)((float*)x, (const float*)gamma, (const float*)beta, features, epsilon, from, to);
}

/** Either attention: they take the same. */
void JAVA(attention)(JNI_OF, int64_t q, int64_t k, int64_t v, int64_t out, int64_t queries, int64_t keys, int32_t heads,
                     int32_t width, int32_t pitch, int32_t from, int32_t to, int64_t scratch) {
  CALL(fg_attention_avx2)((const float*)q, (const float*)k, (const float*)v, (float*)out, (const int32_t*)queries, (const int32_t*)keys,
                          heads, width, pitch, from, to, (float*)scratch);
}

int64_t JAVA(attentionScratch)(JNI_OF, int32_t keys, int32_t width) { return CALL(fg_attention_s16_scratch_vnni)(keys, width); }
