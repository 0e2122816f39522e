/* Steps by words side by side: what their plain expressions make, on every kind of processor. */
#include "gen/batch/digits.h"
#include "gen/batch/steps.h"
#include "gen/batch/wide.h"
#include "gen/chance/draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 37, OUT = 1 };

/* Values that halves and carries could get wrong. */
static const uint64_t odd[] = {0, 1, 0x7fffffffu, 0x80000000u, 0xffffffffu, 0x100000000u, 0x1ffffffffu,
    0xe7037ed1a0b428dbu, 0xffffffff00000000u, 0x8000000000000000u, UINT64_MAX - 1, UINT64_MAX};

enum { ODD = sizeof odd / sizeof *odd };

struct fixture {
	struct batch batch;
	struct vector vectors[2];
	struct scope scope;
	struct step step;
	int64_t in[MOST], out[MOST + 1];
	uint64_t counters[MOST];
};

/* Runs a step of COUNT instances as WIDTH has it; what is behind its results stays. */
static void
run(struct fixture *f, struct step step, size_t count, enum batch_width width)
{
	struct nest_error error;
	f->step = step;
	f->step.out = OUT;
	f->vectors[0].numbers = f->in;
	f->vectors[OUT].numbers = f->out;
	f->scope.count = count;
	f->scope.counters = f->counters;
	f->batch.vectors = f->vectors;
	f->batch.scopes = &f->scope;
	f->batch.steps = &f->step;
	f->batch.step_count = 1;
	f->out[count] = 0x55;
	batch_widen(&f->batch, width);
	assert_true(f->step.run(&f->batch, &f->step, &error));
	assert_int_equal(f->out[count], 0x55);
}

#define FOR_WIDTHS(width)                                                   \
	for (enum batch_width width = WIDTH_PLAIN; width < WIDTHS; width++) \
		if (width_is_here(width))

static void
draws(void **state)
{
	(void)state;
	struct fixture f = {0};
	FOR_WIDTHS(width)
	for (size_t count = 0; count <= MOST; count++)
		for (size_t k = 0; k < ODD; k++) {
			f.batch.key = odd[k];
			for (size_t i = 0; i < count; i++)
				f.counters[i] = i < 8 ? 0 : odd[(i + k) % ODD];
			run(&f, (struct step){.run = step_word, .number = (int64_t)(k % 3)}, count, width);
			for (size_t i = 0; i < count; i++)
				assert_true((uint64_t)f.out[i] == draw(odd[k], f.counters[i] + k % 3));
		}
}

static void
even_numbers(void **state)
{
	(void)state;
	static const uint64_t ranges[] = {1, 2, 3007, 65536, 0x80000000u, 0xffffffffu, 0x100000000u};
	static const unsigned bits[] = {1, 16, 24, 31, 32, 33, 40};
	enum { RANGES = sizeof ranges / sizeof *ranges, BITS = sizeof bits / sizeof *bits };
	struct fixture f = {0};
	FOR_WIDTHS(width)
	for (size_t count = 0; count <= MOST; count++)
		for (size_t k = 0; k < (size_t)RANGES * BITS; k++) {
			struct step step = {.run = step_even,
			    .number = k % 2 == 0 ? -5 : INT64_MIN,
			    .other = (int64_t)ranges[k / BITS],
			    .bits = bits[k % BITS],
			    .shift = (unsigned)(count % 33)};
			/* Products of more than 64 bits are made otherwise. */
			if (step.bits > 32 && ranges[k / BITS] > 65536)
				continue;
			for (size_t i = 0; i < count; i++)
				f.in[i] = (int64_t)(i < ODD ? odd[i] : draw(7, i));
			run(&f, step, count, width);
			for (size_t i = 0; i < count; i++) {
				uint64_t slice =
				    (uint64_t)f.in[i] >> step.shift & (UINT64_MAX >> (64 - step.bits));
				uint64_t above = draw_below(slice, step.bits, ranges[k / BITS]);
				assert_true((uint64_t)f.out[i] == (uint64_t)step.number + above);
			}
		}
}

static void
expect_digits(const struct fixture *f, size_t count)
{
	uint64_t before = count > 0 ? digits_before_eight(f->in[0]) : 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t number = (uint64_t)f->in[i];
		bool has_eight = number / DIGITS_EIGHT == before;
		assert_true((uint64_t)f->out[i] ==
			    (has_eight ? digits_of_eight((uint32_t)(number % DIGITS_EIGHT)) : 0));
	}
}

static void
digits(void **state)
{
	(void)state;
	static const int64_t firsts[] = {
	    0, 9990, 99999980, 100000000, 4294967290, 123456789012345670, -3, INT64_MAX - MOST * 2};
	struct fixture f = {0};
	FOR_WIDTHS(width)
	for (size_t count = 0; count <= MOST; count++)
		for (size_t k = 0; k < sizeof firsts / sizeof *firsts; k++) {
			for (size_t i = 0; i < count; i++)
				f.in[i] = firsts[k] + (int64_t)i * 2;
			run(&f, (struct step){.run = step_eight_digits}, count, width);
			expect_digits(&f, count);
		}
	FOR_WIDTHS(width)
	for (uint32_t start = 0; start < DIGITS_EIGHT; start += 1000003) {
		for (size_t i = 0; i < MOST; i++)
			f.in[i] = (int64_t)((start + i * 2702729) % DIGITS_EIGHT);
		run(&f, (struct step){.run = step_eight_digits}, MOST, width);
		expect_digits(&f, MOST);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(draws),
	    cmocka_unit_test(even_numbers),
	    cmocka_unit_test(digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
