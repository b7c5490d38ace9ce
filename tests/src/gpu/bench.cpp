// Times whole encoder passes (graph replays) and the ceilings of the machine.
// Usage: bench kernels.fatbin results.json         latency and throughput, dense and sparse, fp16 and int8
//        bench kernels.fatbin - --turns            takes turns with another program: see turns()
//        bench kernels.fatbin results.json --only MODEL BATCH TOKENS       one size, for a profiler
//        bench kernels.fatbin passes.tsv --tune-passes [ENGINE]   the best plan of each linear within whole passes, one layer at a
//            time; ENGINE is filigree-sparse, which plan_wgmma is for, or another of kEngines
//        bench kernels.fatbin tuning.tsv --tune    every tile shape and split for every linear layer (to revise launch_plan.h)
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <sstream>
#include <tuple>

#include "../../../runtime/src/test/cuda/encoder.h"

using namespace filigree;

namespace {

const EncoderShape kBert{"bert-base", 12, 768, 64, 3072, 30522, 512, 2, true};
const EncoderShape kMini{"minilm-l6", 6, 384, 32, 1536, 30522, 512, 2, false};

/** Median milliseconds between two events round one replay. */
double median_ms(Gpu& gpu, CUgraphExec graph, int warm, int times) {
  CUevent before, after;
  gpu.check(gpu.d.cuEventCreate_(&before, 0), "cuEventCreate");
  gpu.check(gpu.d.cuEventCreate_(&after, 0), "cuEventCreate");
  for (int i = 0; i < warm; ++i) gpu.replay(graph);
  gpu.synchronize();
  std::vector<float> ms(times);
  for (float& m : ms) {
    gpu.check(gpu.d.cuEventRecord_(before, gpu.stream), "cuEventRecord");
    gpu.replay(graph);
    gpu.check(gpu.d.cuEventRecord_(after, gpu.stream), "cuEventRecord");
    gpu.check(gpu.d.cuEventSynchronize_(after), "cuEventSynchronize");
    gpu.check(gpu.d.cuEventElapsedTime_(&m, before, after), "cuEventElapsedTime");
  }
  std::nth_element(ms.begin(), ms.begin() + times / 2, ms.end());
  return ms[times / 2];
}

/** Device-to-device copy of 1 GiB, bytes read and written. */
double copy_bandwidth(Gpu& gpu) {
  const size_t bytes = size_t(1) << 30;
  const CUdeviceptr from = gpu.allocate(bytes), to = gpu.allocate(bytes);
  gpu.fill(from, 0x3c, bytes);
  const CUgraphExec graph = gpu.capture([&] { gpu.check(gpu.d.cuMemcpyDtoDAsync_(to, from, bytes, gpu.stream), "cuMemcpyDtoDAsync"); });
  const double ms = median_ms(gpu, graph, 3, 11);
  gpu.destroy(graph), gpu.free(from), gpu.free(to);
  return 2.0 * bytes / ms / 1e6;
}

/** Bytes of weights a pass reads at least once, and floating-point operations of the dense model. */
double linear_bytes(const EncoderShape& s, bool sparse, bool int8) {
  return s.layers * double(weight_bytes(3 * s.hidden, s.hidden, sparse, int8) + weight_bytes(s.hidden, s.hidden, sparse, int8) +
                           weight_bytes(s.ffn, s.hidden, sparse, int8) + weight_bytes(s.hidden, s.ffn, sparse, int8));
}
double operations(const EncoderShape& s, int batch, int length) {
  const double tokens = double(batch) * length;
  return s.layers * (2.0 * tokens * (4.0 * s.hidden * s.hidden + 2.0 * s.hidden * s.ffn) + 4.0 * tokens * length * s.hidden);
}

const std::pair<int, int> kSizes[] = {{1, 16}, {1, 32}, {1, 128}, {8, 16}, {8, 32}, {8, 128}, {32, 16}, {32, 32}, {32, 128}, {128, 128}};

/** What of ours is timed. */
struct Engine {
  const char* name;
  int per_four;
  Int8 int8;
};
const Engine kEngines[] = {{"filigree-dense", 0, Int8::kNone},
                           {"filigree-sparse", 2, Int8::kNone},
                           {"filigree-int8-dense", 0, Int8::kAll},
                           {"filigree-int8-sparse", 2, Int8::kAll}};
constexpr int kEngineCount = sizeof kEngines / sizeof kEngines[0];

const Engine& engine_named(const std::string& name) {
  for (const Engine& e : kEngines)
    if (name == e.name) return e;
  std::string names;
  for (const Engine& e : kEngines) names += std::string(" ") + e.name;
  throw std::runtime_error("no engine " + name + "; there are" + names);
}

int replays(int tokens) { return tokens > 2048 ? 21 : 201; }

/** Random ids, sequences of full length. */
void fill_bucket(Gpu& gpu, const Encoder::Bucket& b, Random& r, const EncoderShape& shape, int batch, int length) {
  std::vector<int> ids, positions, types(batch * length, 0), starts;
  for (int i = 0; i < batch * length; ++i) ids.push_back(r.below(shape.vocab)), positions.push_back(i % length);
  for (int i = 0; i <= batch; ++i) starts.push_back(i * length);
  gpu.copy_to(b.ids, ids), gpu.copy_to(b.positions, positions), gpu.copy_to(b.types, types), gpu.copy_to(b.starts, starts);
}

/** `only`: the one "model batch tokens" to time; empty: all. */
void bench(Gpu& gpu, const char* path, const std::string& only) {
  FILE* json = std::fopen(path, "w");
  if (!json) throw std::runtime_error(std::string("cannot write ") + path);
  int driver = 0;
  gpu.check(gpu.d.cuDriverGetVersion_(&driver), "cuDriverGetVersion");
  const double bandwidth = copy_bandwidth(gpu);
  std::fprintf(json, "{\"device\": \"%s\", \"driver_api\": %d, \"copy_gb_per_s\": %.0f, \"results\": [", gpu.name().c_str(), driver, bandwidth);
  std::printf("%s, driver API %d, copy %.0f GB/s (read + written)\n", gpu.name().c_str(), driver, bandwidth);
  std::printf("%-10s %5s %6s %10s %10s %7s %12s %12s %14s\n", "model", "batch", "tokens", "dense ms", "sparse ms", "ratio", "int8 dense",
              "int8 sparse", "over fp16");
  const char* comma = "";
  for (const EncoderShape& shape : {kBert, kMini}) {
    Random r(7);
    std::vector<std::unique_ptr<Encoder>> encoders;
    for (const Engine& engine : kEngines)
      encoders.push_back(std::make_unique<Encoder>(gpu, HostModel(shape, r, 16, engine.per_four, engine.int8, false), gpu.wgmma));
    for (auto [batch, length] : kSizes) {
      if (!only.empty() && only != shape.name + " " + std::to_string(batch) + " " + std::to_string(length)) continue;
      double ms[kEngineCount];
      for (int i = 0; i < kEngineCount; ++i) {
        const Engine& engine = kEngines[i];
        Encoder& e = *encoders[i];
        const Encoder::Bucket b = e.bucket(batch * length, batch, length);
        fill_bucket(gpu, b, r, shape, batch, length);
        const CUgraphExec graph = gpu.capture([&] { e.forward(b); });
        ms[i] = median_ms(gpu, graph, 10, replays(batch * length));
        gpu.destroy(graph), e.release(b);
        std::fprintf(json,
                     "%s\n  {\"model\": \"%s\", \"engine\": \"%s\", \"batch\": %d, \"tokens\": %d, \"median_ms\": %.5f, "
                     "\"weight_gb_per_s\": %.0f, \"dense_equivalent_tflops\": %.1f}",
                     comma, shape.name.c_str(), engine.name, batch, length, ms[i],
                     linear_bytes(shape, engine.per_four != 0, engine.int8 == Int8::kAll) / ms[i] / 1e6,
                     operations(shape, batch, length) / ms[i] / 1e9);
        comma = ",";
      }
      std::printf("%-10s %5d %6d %10.4f %10.4f %7.2f %12.4f %12.4f %14.2f\n", shape.name.c_str(), batch, length, ms[0], ms[1], ms[0] / ms[1],
                  ms[2], ms[3], ms[1] / ms[3]);
      std::fflush(stdout);
    }
  }
  std::fprintf(json, "\n]}\n");
  std::fclose(json);
}

/**
 * Lets another program say when we may use the GPU, so that both are timed under the same conditions. A line "MODEL ENGINE BATCH TOKENS
 * TIMES" is answered with the median milliseconds of so many replays, after three more; what it needs is made at its first turn and kept.
 */
void turns(Gpu& gpu) {
  std::map<std::string, std::unique_ptr<Encoder>> encoders;
  std::map<std::string, CUgraphExec> graphs;
  Random r(7);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string model, name;
    int batch = 0, length = 0, times = 0;
    words >> model >> name >> batch >> length >> times;
    const EncoderShape& shape = model == kBert.name ? kBert : kMini;
    if (!words || model != shape.name || batch < 1 || length < 1 || length > shape.positions || times < 1)
      throw std::runtime_error("not a turn: " + line);
    const Engine& engine = engine_named(name);
    std::unique_ptr<Encoder>& encoder = encoders[model + " " + name];
    if (!encoder) encoder = std::make_unique<Encoder>(gpu, HostModel(shape, r, 16, engine.per_four, engine.int8, false), gpu.wgmma);
    const std::string key = model + " " + name + " " + std::to_string(batch) + " " + std::to_string(length);
    if (graphs.count(key) == 0) {
      const Encoder::Bucket b = encoder->bucket(batch * length, batch, length);
      fill_bucket(gpu, b, r, shape, batch, length);
      graphs[key] = gpu.capture([&] { encoder->forward(b); });
    }
    std::printf("%.5f\n", median_ms(gpu, graphs[key], 3, times));
    std::fflush(stdout);
  }
}

/** Microseconds per launch of the twelve that `work` makes. */
template <class Work>
double each_us(Gpu& gpu, int tokens, Work work) {
  const CUgraphExec graph = gpu.capture([&] {
    for (int i = 0; i < 12; ++i) work(i);
  });
  const double us = 1000 * median_ms(gpu, graph, 2, tokens > 2000 ? 3 : 9) / 12;
  gpu.destroy(graph);
  return us;
}

/** Every wgmma plan for every linear layer, twelve with their own weights in a row, and both forms of attention. */
void tune(Gpu& gpu, const char* path) {
  if (!gpu.wgmma) throw std::runtime_error("tuning is written for the wgmma kernels, which need a Hopper GPU");
  FILE* out = std::fopen(path, "w");
  if (!out) throw std::runtime_error(std::string("cannot write ") + path);
  std::fprintf(out, "kind\trows\tinputs\ttokens\tplan\tus\n");
  Random r(3);
  const int sizes[] = {16, 32, 64, 128, 256, 512, 1024, 4096, 16384};
  for (const EncoderShape& s : {kBert, kMini}) {
    const int h = s.hidden;
    const CUdeviceptr ones = gpu.upload(std::vector<float>(s.ffn, 1.0f)), zeros = gpu.upload(std::vector<float>(s.ffn, 0.0f));
    for (auto [rows, inputs, epilogue] : {std::tuple(3 * h, h, 0), std::tuple(h, h, 2), std::tuple(s.ffn, h, 1), std::tuple(h, s.ffn, 2)})
      for (int sparse = 0; sparse < 2; ++sparse) {
        const PackedWeight w = random_weight(r, rows, inputs, 16, sparse ? 2 : 0, 0.05f);
        std::vector<DeviceLinear> layers;
        for (int i = 0; i < 12; ++i) layers.push_back(upload_linear(gpu, w, std::vector<float>(rows, 0.0f), epilogue == 2 ? 0 : ones, zeros));
        for (int tokens : sizes) {
          const int ld = padded_tokens(tokens);
          std::vector<uint16_t> noise(size_t(std::max(rows, inputs)) * ld);
          for (uint16_t& n : noise) n = half_of(r.normal());
          const FoldedState x{gpu.upload(noise), gpu.upload(std::vector<float>(size_t(ld) * stat_pairs(s.ffn) * 2, 64.0f)), ones, zeros};
          const FoldedState y{gpu.upload(noise), gpu.allocate(size_t(ld) * stat_pairs(h) * 8), ones, zeros};
          const CUdeviceptr residual = gpu.upload(noise);
          for (const LinearShape& shape : kLinearShapes)
            for (int splits = 1; splits <= shape.max_splits(); ++splits) {
              const LinearPlan p{&shape, splits};
              const int blocks = (rows + shape.rows - 1) / shape.rows * (ld / shape.tokens);
              if (!shape.wgmma || ld % shape.tokens || blocks > 5000 || (splits > 1 && (blocks * splits > 300 || inputs / 64 < splits))) continue;
              const double us = each_us(gpu, tokens, [&](int i) {
                if (epilogue == 2) launch_wgmma_residual(gpu, p, layers[i], {x.x, 0}, {residual, x.stats, ones, zeros}, y, tokens, ld);
                else launch_wgmma(gpu, p, layers[i], x, y.x, tokens, ld, h, epilogue == 1);
              });
              std::fprintf(out, "%s\t%d\t%d\t%d\t%s/%d\t%.2f\n", sparse ? "sparse" : "dense", rows, inputs, tokens, shape.name, splits, us);
            }
          for (CUdeviceptr p : {x.x, x.stats, y.x, y.stats, residual}) gpu.free(p);
        }
        for (const DeviceLinear& l : layers) free_linear(gpu, l);
      }
    for (int length : {16, 32, 128})
      for (int batch : {1, 2, 4, 8, 16, 32, 128}) {
        const int tokens = batch * length, ld = padded_tokens(tokens);
        std::vector<uint16_t> noise(size_t(3 * h) * ld);
        for (uint16_t& n : noise) n = half_of(r.normal());
        std::vector<int> starts;
        for (int i = 0; i <= batch; ++i) starts.push_back(i * length);
        const CUdeviceptr qkv = gpu.upload(noise), dstarts = gpu.upload(starts), to = gpu.allocate(size_t(h) * ld * 2);
        for (bool wide : {false, true}) {
          const double us = each_us(gpu, tokens, [&](int) { launch_attention(gpu, wide, s.head, qkv, dstarts, to, h, ld, length, batch); });
          std::fprintf(out, "attention\t%d\t%d\t%d\t%s\t%.2f\n", h, length, tokens, wide ? "wide" : "shared", us);
        }
        gpu.free(qkv), gpu.free(dstarts), gpu.free(to);
      }
  }
  std::fclose(out);
}

/** For every size, from plan_wgmma's plans: tries every plan of one linear after the other in the whole pass, keeps the best. */
void tune_passes(Gpu& gpu, const char* path, const Engine& engine) {
  if (!gpu.wgmma) throw std::runtime_error("tuning is written for the wgmma kernels, which need a Hopper GPU");
  FILE* out = std::fopen(path, "w");
  if (!out) throw std::runtime_error(std::string("cannot write ") + path);
  std::fprintf(out, "model\tbatch\ttokens\trows\tinputs\tplan\tbest\tms before\tms\n");
  for (const EncoderShape& shape : {kBert, kMini}) {
    Random r(7);
    Encoder e(gpu, HostModel(shape, r, 16, engine.per_four, engine.int8, false), true);
    const int h = shape.hidden;
    for (auto [batch, length] : kSizes) {
      const int tokens = batch * length;
      const Encoder::Bucket b = e.bucket(tokens, batch, length);
      fill_bucket(gpu, b, r, shape, batch, length);
      e.plans.clear();
      const auto pass = [&] {
        const CUgraphExec graph = gpu.capture([&] { e.forward(b); });
        const double ms = median_ms(gpu, graph, 3, tokens > 2048 ? 5 : 31);
        gpu.destroy(graph);
        return ms;
      };
      for (auto [rows, inputs] : {std::pair(3 * h, h), std::pair(h, h), std::pair(shape.ffn, h), std::pair(h, shape.ffn)}) {
        const double before = pass();
        const LinearPlan first = plan_wgmma(rows, inputs, tokens);
        LinearPlan best = first;
        double least = before;
        for (const LinearShape& s : kLinearShapes)
          for (int splits = 1; splits <= s.max_splits(); ++splits) {
            const int blocks = padded_rows(rows) / kBlockRows * (b.ld / s.tokens);
            if (!s.wgmma || b.ld % s.tokens || blocks > 4000 || (splits > 1 && (blocks * splits > 300 || inputs / kBlockInputs < 2 * splits))) continue;
            e.plans[{rows, inputs}] = {&s, splits};
            const double ms = pass();
            if (ms < 0.997 * least) least = ms, best = {&s, splits};
          }
        e.plans[{rows, inputs}] = best;
        std::fprintf(out, "%s\t%d\t%d\t%d\t%d\t%s/%d\t%s/%d\t%.4f\t%.4f\n", shape.name.c_str(), batch, length, rows, inputs, first.shape->name,
                     first.splits, best.shape->name, best.splits, before, least);
      }
      e.release(b);
    }
  }
  std::fclose(out);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return std::fprintf(stderr, "usage: bench kernels.fatbin output [--tune]\n"), 2;
  Gpu gpu(argv[1]);
  if (argc > 3 && std::strcmp(argv[3], "--turns") == 0) turns(gpu);
  else if (argc > 3 && std::strcmp(argv[3], "--tune") == 0) tune(gpu, argv[2]);
  else if (argc > 3 && std::strcmp(argv[3], "--tune-passes") == 0) tune_passes(gpu, argv[2], engine_named(argc > 4 ? argv[4] : "filigree-sparse"));
  else if (argc > 6 && std::strcmp(argv[3], "--only") == 0) bench(gpu, argv[2], std::string(argv[4]) + " " + argv[5] + " " + argv[6]);
  else bench(gpu, argv[2], "");
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "bench failed: %s\n", e.what());
  return 1;
}
