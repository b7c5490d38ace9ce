#include "lanes_avx512.h"
#define FG_NAME(function) function##_avx512
#include "common.h"
#include "embedding.h"
#include "linear_f32.h"
#include "linear_pairs.h"
#include "layer_norm.h"
#include "attention.h"
#include "pooling.h"
