// For processors that do two products in vectors of 256 bits in the time of one of 512 bits.
#include "bytes_avx512vl.h"
#include "common.h"
#include "quads_half.h"
