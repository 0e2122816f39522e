/* steps_text.c - puts texts together, one piece at a time for all instances. */
#include "gen/batch/steps.h"

#include "gen/batch/digits.h"
#include "gen/notation/calendar.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>

static void
add_nulls(const struct batch *batch, const struct step *step)
{
	uint8_t *out = batch->vectors[step->out].nulls;
	const uint8_t *in = batch->vectors[step->in[0]].nulls;
	for (size_t i = 0, count = step_instances(batch, step); out != NULL && in != NULL && i < count; i++)
		out[i] |= in[i];
}

/* The first eight bytes, or SIZE of them. */
static inline uint64_t
first_bytes(const uint8_t *text, size_t size)
{
	uint64_t eight;
	memcpy(&eight, text, sizeof eight);
	return le64toh(eight) & (size < 8 ? ((uint64_t)1 << 8 * size) - 1 : UINT64_MAX);
}

/* Most texts are short, or differ in the beginning. */
static inline bool
are_equal(struct text a, struct text b)
{
	bool begin_equal = (a.size == b.size) & (first_bytes(a.data, a.size) == first_bytes(b.data, b.size));
	return begin_equal && (a.size <= 8 || memcmp(a.data + 8, b.data + 8, a.size - 8) == 0);
}

bool
step_text_equal(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *left = &batch->vectors[step->in[0]], *right = &batch->vectors[step->in[1]];
	struct vector *out = &batch->vectors[step->out];
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		bool is_null =
		    (left->nulls != NULL && left->nulls[i]) || (right->nulls != NULL && right->nulls[i]);
		out->numbers[i] = !is_null && are_equal(left->texts[i], right->texts[i]);
		if (out->nulls != NULL)
			out->nulls[i] = is_null;
	}
	return true;
}

/* Each text has a slot of its own, so that none waits for the size of the one before it. */
bool
step_text_open(struct batch *batch, const struct step *step, struct nest_error *error)
{
	struct vector *out = &batch->vectors[step->out];
	size_t count = step_instances(batch, step), slot = out->text_most + TEXT_SLACK;
	buffer_clear(&out->bytes);
	if (!batch_spend(batch, slot, count, error) ||
	    !buffer_reserve(&out->bytes, count * slot + TEXT_SLACK, error))
		return false;
	for (size_t i = 0; i < count; i++)
		out->texts[i] = (struct text){out->bytes.data + i * slot, 0};
	if (out->nulls != NULL)
		memset(out->nulls, 0, count);
	return true;
}

bool
step_text_put(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *in = &batch->vectors[step->in[0]];
	struct text *out = batch->vectors[step->out].texts;
	size_t count = step_instances(batch, step);
	add_nulls(batch, step);
	if (in->text_most <= TEXT_SLACK) /* a copy of a fixed size costs less than one of the right size */
		for (size_t i = 0; i < count; i++) {
			memcpy(step_text_end(&out[i]), in->texts[i].data, TEXT_SLACK);
			out[i].size += in->texts[i].size;
		}
	else
		for (size_t i = 0; i < count; i++) {
			memcpy(step_text_end(&out[i]), in->texts[i].data, in->texts[i].size);
			out[i].size += in->texts[i].size;
		}
	return true;
}

/* ---- digits ---- */

bool
step_number_put(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *in = batch->vectors[step->in[0]].numbers;
	struct text *out = batch->vectors[step->out].texts;
	const struct step s = *step;
	add_nulls(batch, step);
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		uint8_t *at = step_text_end(&out[i]);
		const uint8_t *end = digits_put_decimal(at, in[i], (size_t)s.number, (size_t)s.other);
		out[i].size += (size_t)(end - at);
	}
	return true;
}

/* ---- other values as texts ---- */

#define PUT_STEP(name, ...)                                                               \
	bool name(struct batch *batch, const struct step *step, struct nest_error *error) \
	{                                                                                 \
		(void)error;                                                              \
		const struct vector *in = &batch->vectors[step->in[0]];                   \
		struct text *out = batch->vectors[step->out].texts;                       \
		add_nulls(batch, step);                                                   \
		for (size_t i = 0, count = step_instances(batch, step); i < count; i++) { \
			char piece[64];                                                   \
			int size = snprintf(piece, sizeof piece, __VA_ARGS__);            \
			memcpy(step_text_end(&out[i]), piece, (size_t)size);              \
			out[i].size += (size_t)size;                                      \
		}                                                                         \
		return true;                                                              \
	}

static const char *
print_date(int64_t days, char text[32])
{
	struct calendar_day day = calendar_day(days);
	snprintf(text, 32, "%04lld-%02u-%02u", (long long)day.year, day.month, day.day);
	return text;
}

static const char *
print_time(int64_t micros, char text[64])
{
	enum { MICROS = 1000000, SECONDS_OF_DAY = 86400 };
	char date[32];
	int64_t rest = micros % MICROS + (micros % MICROS < 0 ? MICROS : 0);
	int64_t seconds = micros / MICROS - (micros % MICROS < 0);
	int64_t days = seconds / SECONDS_OF_DAY - (seconds % SECONDS_OF_DAY < 0);
	unsigned of_day = (unsigned)(seconds - days * SECONDS_OF_DAY);
	int size = snprintf(text, 64, "%sT%02u:%02u:%02u", print_date(days, date), of_day / 3600,
	    of_day / 60 % 60, of_day % 60);
	if (rest > 0)
		snprintf(text + size, 64 - (size_t)size, ".%06u", (unsigned)rest);
	return text;
}

PUT_STEP(step_truth_put, "%s", in->numbers[i] ? "true" : "false")
/* Drops the sign of NaN, which depends on the machine. */
PUT_STEP(step_real_put, "%.15g", isnan(in->reals[i]) ? (double)NAN : in->reals[i])
PUT_STEP(step_date_put, "%s", print_date(in->numbers[i], (char[32]){0}))
PUT_STEP(step_time_put, "%s", print_time(in->numbers[i], (char[64]){0}))

bool
step_big_endian(struct batch *batch, const struct step *step, struct nest_error *error)
{
	struct vector *out = &batch->vectors[step->out];
	const int64_t *in = batch->vectors[step->in[0]].numbers;
	size_t size = (size_t)step->number;
	if (!step_text_open(batch, step, error))
		return false;
	add_nulls(batch, step);
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		uint8_t *at = step_text_end(&out->texts[i]);
		for (size_t k = 0; k < size; k++) {
			size_t shift = 8 * (size - 1 - k);
			at[k] = (uint8_t)(shift < 64 ? (uint64_t)in[i] >> shift : in[i] < 0 ? 0xff : 0);
		}
		out->texts[i].size = size;
	}
	return true;
}
