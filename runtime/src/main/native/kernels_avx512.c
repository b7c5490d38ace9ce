#include "lanes_avx512.h"
#define FG_NAME(function) function##_avx512
#include "kernels.h"
