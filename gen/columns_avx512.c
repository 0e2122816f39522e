/* columns_avx512.c - the loops of columns.c for processors with AVX-512 (as x86-64-v4 has it). */
#if defined(__x86_64__)

#include "gen/batch/wide.h"
#include "lib/base/pack.h"

#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,lzcnt")
#endif

#define COLUMN_PUT column_put_avx512
#include "gen/columns.c" /* NOLINT: once more */

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else
typedef int columns_avx512_are_elsewhere;
#endif
