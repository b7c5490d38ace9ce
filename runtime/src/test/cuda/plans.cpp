// Prints what layout.h, linear_shapes.h and launch_plan.h decide over a grid of sizes, one decision a line: the Java provider's test
// compares its own with them.
#include <cstdio>

#include "../../main/cuda/launch_plan.h"

using namespace filigree;

int main() {
  for (const LinearShape& s : kLinearShapes)
    std::printf("shape %s %d %d %d %d %d %d %d %d %d\n", s.name, s.rows, s.tokens, s.threads, s.wgmma, s.shared_bytes(true, false),
                s.shared_bytes(false, false), s.shared_bytes(true, true), s.shared_bytes(false, true), s.max_splits());
  for (int tokens = 1; tokens <= 20000; tokens += tokens < 600 ? 1 : 97) std::printf("padded %d %d\n", tokens, padded_tokens(tokens));
  const int hidden[] = {64, 128, 384, 512, 768, 1024};
  for (int h : hidden)
    for (int ffn : {2 * h, 3 * h, 4 * h})
      for (int tokens = 1; tokens <= 17000; tokens += tokens < 160 ? 5 : tokens < 1100 ? 37 : 1111) {
        const int linears[4][2] = {{3 * h, h}, {h, h}, {ffn, h}, {h, ffn}};
        for (const auto& l : linears) {
          const LinearPlan folded = plan_wgmma(l[0], l[1], tokens), whole = plan_mma(l[0], l[1], tokens, false), split = plan_mma(l[0], l[1], tokens, true);
          std::printf("linear %d %d %d %s %d %s %d %s %d\n", l[0], l[1], tokens, folded.shape->name, folded.splits, whole.shape->name, whole.splits,
                      split.shape->name, split.splits);
        }
      }
  for (int h : hidden)
    for (int sequences : {1, 2, 3, 5, 8, 16, 31, 64, 128})
      for (int longest = 1; longest <= 512; longest += 13) std::printf("attention %d %d %d %d\n", h, sequences, longest, wide_attention(sequences, longest, h));
  for (bool wide : {false, true})
    for (int blocks : {264, 265})
      for (bool h100 : {false, true})
        std::printf("attention %d %d %d\n", wide, attention_queries(wide), attention_shared_bytes(wide, blocks, h100));
  for (int rows : {1, 64, 128, 129, 1152, 3072})
    for (int inputs : {64, 384, 3072})
      std::printf("weight %d %d %d %zu %zu %zu %zu %d\n", rows, inputs, padded_rows(rows), weight_bytes(rows, inputs, true),
                  weight_bytes(rows, inputs, false), weight_bytes(rows, inputs, true, true), weight_bytes(rows, inputs, false, true),
                  chunks_of(inputs, true) * kTokenRowBytes * 32);
  for (int feature = 0; feature < 200; feature += 3)
    for (int token = 0; token < 30; token += 7) std::printf("activation %d %d %zu\n", feature, token, activation_offset(feature, token, 32));
}
