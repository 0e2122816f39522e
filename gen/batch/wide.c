#include "gen/batch/wide.h"

#include "gen/batch/steps.h"

#if defined(__x86_64__)

#include <cpuid.h>

#define DECLARE(name) step_function name##_avx2, name##_avx512;
WIDE_STEPS(DECLARE)

#define ALL_WIDTHS(name) {name, name##_avx2, name##_avx512},
static step_function *const wide_steps[][WIDTHS] = {WIDE_STEPS(ALL_WIDTHS)};

/* Not all compilers know the name of this feature. */
static bool
has_lzcnt(void)
{
	unsigned a, b, c, d;
	return __get_cpuid(0x80000001u, &a, &b, &c, &d) && (c & bit_LZCNT) != 0;
}

bool
width_is_here(enum batch_width width)
{
	if (width == WIDTH_AVX2)
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
		       __builtin_cpu_supports("bmi2") && has_lzcnt();
	if (width == WIDTH_AVX512)
		return width_is_here(WIDTH_AVX2) && __builtin_cpu_supports("avx512f") &&
		       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
		       __builtin_cpu_supports("avx512vl");
	return true;
}

#else

static step_function *const wide_steps[][WIDTHS] = {{NULL}};

bool
width_is_here(enum batch_width width)
{
	return width == WIDTH_PLAIN;
}

#endif

enum batch_width
width_widest(void)
{
	enum batch_width width = WIDTH_PLAIN;
	while (width + 1 < WIDTHS && width_is_here(width + 1))
		width++;
	return width;
}

static step_function *
widen(step_function *plain, enum batch_width width)
{
	for (size_t i = 0; i < sizeof wide_steps / sizeof *wide_steps; i++)
		if (wide_steps[i][WIDTH_PLAIN] == plain)
			return wide_steps[i][width];
	return plain;
}

void
batch_widen(struct batch *batch, enum batch_width width)
{
	if (width == WIDTH_PLAIN)
		return;
	for (uint32_t i = 0; i < batch->step_count; i++) {
		struct step *step = &batch->steps[i];
		if (step->run == step_refer)
			batch_widen(((const struct referred *)step->table)->batch, width);
		step->run = widen(step->run, width);
	}
}
