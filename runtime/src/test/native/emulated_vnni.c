#include "lanes_emulated.h"
#define FG_NAME(function) function##_vnni
#include "common.h"
#include "linear_f32.h"
#include "linear_quads.h"
#include "quantise_bytes.h"
#include "layer_norm.h"
#include "attention.h"
