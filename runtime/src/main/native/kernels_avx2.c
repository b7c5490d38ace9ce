#include "lanes_avx2.h"
#define FG_NAME(function) function##_avx2
#include "kernels.h"
