// The one translation unit: every kernel in one fatbin, so that a host loads one module.
#include "attention.cu"
#include "embed_layernorm.cu"
#include "fold_norm.cu"
#include "layernorm.cu"
#include "linear_mma.cu"
#include "linear_wgmma.cu"
#include "pool_classify.cu"
#include "relayout.cu"
