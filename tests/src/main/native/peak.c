// What one core of this machine can do at most: the roof that kernels are measured against. Each rate is that of a loop of independent
// accumulators, in inline assembly, so that neither a compiler's copies nor its cleverness come between.
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

// Twelve accumulators hide a latency of up to six cycles at two instructions a cycle; AVX2 has sixteen registers in all.
#define TWELVE(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11)

// A loop of twelve steps; each writes register 0 to 11 from registers 12 to 15. All hold zeros: rates do not depend on values.
#define MEASURE(name, body)                                                                               \
  int64_t name(int64_t rounds) {                                                                          \
    int64_t start = now();                                                                                \
    __asm__ volatile(CLEAR "1:\n\t" body "dec %0\n\tjnz 1b\n\tvzeroupper" : "+r"(rounds)::REGISTERS, "cc"); \
    return now() - start;                                                                                 \
  }

#define REGISTERS                                                                          \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

#define ZERO(r) "vpxor %%ymm" #r ", %%ymm" #r ", %%ymm" #r "\n\t"
#define CLEAR TWELVE(ZERO) ZERO(12) ZERO(13) ZERO(14) ZERO(15)

#define FMA256(r) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" #r "\n\t"
#define FMA512(r) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" #r "\n\t"
#define DOT512(r) "vpdpbusd %%zmm12, %%zmm13, %%zmm" #r "\n\t"
#define DOT256(r) "%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm" #r "\n\t"
#define MADD256(r) "vpmaddwd %%ymm12, %%ymm13, %%ymm14\n\tvpaddd %%ymm14, %%ymm" #r ", %%ymm" #r "\n\t"
#define MADD512(r) "vpmaddwd %%zmm12, %%zmm13, %%zmm14\n\tvpaddd %%zmm14, %%zmm" #r ", %%zmm" #r "\n\t"
#define BYTES256(r) \
  "vpmaddubsw %%ymm12, %%ymm13, %%ymm14\n\tvpmaddwd %%ymm15, %%ymm14, %%ymm14\n\tvpaddd %%ymm14, %%ymm" #r ", %%ymm" #r "\n\t"

/** Each returns the nanoseconds of `rounds` times twelve steps of a vector's width; a processor that lacks the instructions must not call. */
MEASURE(fg_peak_fma_avx2, TWELVE(FMA256))
MEASURE(fg_peak_fma_avx512, TWELVE(FMA512))
/** 16-bit products, added in pairs and then to the sum: two instructions a step. */
MEASURE(fg_peak_vpmaddwd_avx2, TWELVE(MADD256))
MEASURE(fg_peak_vpmaddwd_avx512, TWELVE(MADD512))
/** 8-bit products without VNNI: three instructions a step. */
MEASURE(fg_peak_vpmaddubsw_avx2, TWELVE(BYTES256))
MEASURE(fg_peak_vpdpbusd_avxvnni, TWELVE(DOT256))
MEASURE(fg_peak_vpdpbusd_avx512, TWELVE(DOT512))

/** 8-bit products in tiles of AMX, six of 16 by 16 sums a round; 0 where the operating system does not let this process use them. */
int64_t fg_peak_tdpbusd_amx(int64_t rounds) {
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  if (syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) != 0) return 0;
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } config __attribute__((aligned(64))) = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) config.bytes[tile] = 64, config.rows[tile] = 16;
  // Configuring clears the tiles.
  __asm__ volatile("ldtilecfg %0" ::"m"(config));
  int64_t start = now();
  __asm__ volatile(
      "1:\n\ttdpbusd %%tmm6, %%tmm7, %%tmm0\n\ttdpbusd %%tmm6, %%tmm7, %%tmm1\n\ttdpbusd %%tmm6, %%tmm7, %%tmm2\n\t"
      "tdpbusd %%tmm6, %%tmm7, %%tmm3\n\ttdpbusd %%tmm6, %%tmm7, %%tmm4\n\ttdpbusd %%tmm6, %%tmm7, %%tmm5\n\t"
      "dec %0\n\tjnz 1b"
      : "+r"(rounds)::"cc");
  int64_t taken = now() - start;
  __asm__ volatile("tilerelease");
  return taken;
}

/** Nanoseconds to read `bytes` from `from`, a multiple of 512 from an address of 64, `rounds` times. */
int64_t fg_peak_read(const void* from, int64_t bytes, int64_t rounds) {
  int64_t start = now();
  for (int64_t i = 0; i < rounds; i++) {
    const char* at = from;
    const char* end = at + bytes;
    for (; at < end; at += 512) {
      __asm__ volatile(
          "vmovaps (%0), %%ymm0\n\tvmovaps 32(%0), %%ymm1\n\tvmovaps 64(%0), %%ymm2\n\tvmovaps 96(%0), %%ymm3\n\t"
          "vmovaps 128(%0), %%ymm4\n\tvmovaps 160(%0), %%ymm5\n\tvmovaps 192(%0), %%ymm6\n\tvmovaps 224(%0), %%ymm7\n\t"
          "vmovaps 256(%0), %%ymm0\n\tvmovaps 288(%0), %%ymm1\n\tvmovaps 320(%0), %%ymm2\n\tvmovaps 352(%0), %%ymm3\n\t"
          "vmovaps 384(%0), %%ymm4\n\tvmovaps 416(%0), %%ymm5\n\tvmovaps 448(%0), %%ymm6\n\tvmovaps 480(%0), %%ymm7\n\t"
          :: "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "memory");
    }
  }
  __asm__ volatile("vzeroupper");
  return now() - start;
}
