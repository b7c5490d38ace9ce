#define EMULATED_LANES 8
#include "lanes_emulated.h"
#include "common.h"
#include "quads_half.h"

/** On every machine, so that the tests reach it. */
int32_t fg_half_panels(void) { return 1; }
