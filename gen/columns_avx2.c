/* columns_avx2.c - the loops of columns.c for processors with AVX2. */
#if defined(__x86_64__)

#include "gen/batch/wide.h"
#include "lib/base/pack.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,bmi2,lzcnt")
#endif

#define COLUMN_PUT column_put_avx2
#include "gen/columns.c" /* NOLINT: once more */

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else
typedef int columns_avx2_are_elsewhere;
#endif
