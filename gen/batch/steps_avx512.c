/* steps_avx512.c - the loops of expand.c, steps.c and steps_reals.c for processors with AVX-512 (x86-64-v4).
 */
#if defined(__x86_64__)

#include "gen/batch/digits.h"
#include "gen/batch/divide.h"
#include "gen/batch/wide.h"
#include "gen/chance/draw.h"

#include <immintrin.h>
#include <math.h>

#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt")
#endif

#define STEP_NAME(name) name##_avx512
#define LANES_BYTES 64
#define LANES_PRODUCT(a, b) ((lanes)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define DECLARE(name) step_function STEP_NAME(name);
WIDE_STEPS(DECLARE)
#include "gen/batch/expand.c"      /* NOLINT: once more */
#include "gen/batch/steps.c"       /* NOLINT: likewise */
#include "gen/batch/steps_reals.c" /* NOLINT: likewise */

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else
typedef int steps_avx512_are_elsewhere;
#endif
