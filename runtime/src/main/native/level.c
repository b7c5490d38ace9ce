// For syscall; build.sh builds for Linux alone.
#define _GNU_SOURCE
#include "filigree.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/** Whether the processor has AMX with INT8 products, and the operating system lets this process use its tiles. */
static int has_amx(void) {
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18, AMX_TILE_AND_INT8 = 3 << 24 };
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & AMX_TILE_AND_INT8) != AMX_TILE_AND_INT8) return 0;
  return __builtin_cpu_supports("avx512vbmi2") && syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

int32_t fg_level(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) return 0;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")) return 1;
  if (!__builtin_cpu_supports("avx512vnni")) return 2;
  return has_amx() ? 4 : 3;
}

/** On Zen 4 (family 19h, which had no AVX-512 before): its units are 256 bits wide. */
int32_t fg_half_panels(void) {
  return __builtin_cpu_is("amdfam19h") && __builtin_cpu_supports("avx512vl");
}
