/* steps_avx2.c - the loops of expand.c, steps.c and steps_reals.c for processors with AVX2. */
#if defined(__x86_64__)

#include "gen/batch/digits.h"
#include "gen/batch/divide.h"
#include "gen/batch/wide.h"
#include "gen/chance/draw.h"

#include <immintrin.h>
#include <math.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2,lzcnt")
#endif

#define STEP_NAME(name) name##_avx2
#define LANES_BYTES 32
#define LANES_PRODUCT(a, b) ((lanes)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define DECLARE(name) step_function STEP_NAME(name);
WIDE_STEPS(DECLARE)
#include "gen/batch/expand.c"      /* NOLINT: once more */
#include "gen/batch/steps.c"       /* NOLINT: likewise */
#include "gen/batch/steps_reals.c" /* NOLINT: likewise */

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else
typedef int steps_avx2_are_elsewhere;
#endif
