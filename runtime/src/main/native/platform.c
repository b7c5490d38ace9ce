// Linux alone, as build.sh has it. For syscall, and for mmap's anonymous memory.
#define _GNU_SOURCE
#include "filigree.h"

#include <cpuid.h>

#include <sys/mman.h>
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

void* fg_map_pages(int64_t bytes) {
  // One more, so that the memory can begin with a page.
  const size_t page = 2 << 20, length = (size_t)bytes + page;
  char* mapped = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return NULL;
  char* pages = (char*)(((uintptr_t)mapped + page - 1) / page * page);
  if (pages > mapped) munmap(mapped, (size_t)(pages - mapped));
  munmap(pages + bytes, (size_t)(mapped + length - (pages + bytes)));
  madvise(pages, (size_t)bytes, MADV_HUGEPAGE);
  return pages;
}

void fg_unmap_pages(void* pages, int64_t bytes) { munmap(pages, (size_t)bytes); }
