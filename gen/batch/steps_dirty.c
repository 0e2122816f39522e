/*
 * steps_dirty.c - spoils values on purpose, to test what reads them.
 *
 * in[0] is a word, in[1] the values, in[2] whether a value is spoilt.  Nulls stay.
 */
#include "gen/batch/steps.h"
#include "gen/chance/draw.h"

#include <math.h>

static bool
is_null_at(const struct vector *vector, size_t i)
{
	return vector->nulls != NULL && vector->nulls[i];
}

/* Whether value I is spoilt, and not null. */
static bool
is_spoilt(const struct vector *values, const struct vector *truths, size_t i)
{
	return !is_null_at(values, i) && !is_null_at(truths, i) && truths->numbers[i];
}

static void
keep_nulls(const struct batch *batch, const struct step *step)
{
	const struct vector *in = &batch->vectors[step->in[1]], *out = &batch->vectors[step->out];
	for (size_t i = 0, count = step_instances(batch, step); out->nulls != NULL && i < count; i++)
		out->nulls[i] = is_null_at(in, i);
}

/* In which of COUNT ways a value is spoilt; all else that is drawn for it follows from the word. */
static unsigned
way_of(int64_t word, unsigned count)
{
	return (unsigned)draw_below((uint64_t)word, 64, count);
}

/* ---- numbers ---- */

/* Of numbers and days: 0, the other sign, ten times as much, a tenth; of moments 100 years off, and the
 * epoch. */
bool
step_dirty_number(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *words = batch->vectors[step->in[0]].numbers;
	const struct vector *in = &batch->vectors[step->in[1]], *truths = &batch->vectors[step->in[2]];
	int64_t *out = batch->vectors[step->out].numbers;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		uint64_t number = (uint64_t)in->numbers[i], shift = (uint64_t)step->number;
		out[i] = in->numbers[i];
		if (!is_spoilt(in, truths, i))
			continue;
		switch (way_of(words[i], shift > 0 ? 3 : 4)) {
		case 0:
			out[i] = 0;
			break;
		case 1:
			out[i] = (int64_t)(shift > 0 ? number - shift : 0 - number);
			break;
		case 2:
			out[i] = (int64_t)(shift > 0 ? number + shift : number * 10);
			break;
		default:
			out[i] = in->numbers[i] / 10;
		}
	}
	keep_nulls(batch, step);
	return true;
}

/* The same, and NaN. */
bool
step_dirty_real(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const int64_t *words = batch->vectors[step->in[0]].numbers;
	const struct vector *in = &batch->vectors[step->in[1]], *truths = &batch->vectors[step->in[2]];
	double *out = batch->vectors[step->out].reals;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		const double ways[] = {0, -in->reals[i], in->reals[i] * 1000, in->reals[i] / 1000,
		    (double)NAN, (double)INFINITY, -(double)INFINITY};
		out[i] = is_spoilt(in, truths, i) ? ways[way_of(words[i], sizeof ways / sizeof *ways)]
		                                  : in->reals[i];
	}
	keep_nulls(batch, step);
	return true;
}

/* ---- texts ---- */

static void
put(struct text *text, const void *bytes, size_t size)
{
	memcpy(step_text_end(text), bytes, size);
	text->size += size;
}

/* Where the character at AT begins. */
static size_t
character_at(struct text text, size_t at)
{
	while (at > 0 && at < text.size && (text.data[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* Encodes the bytes as if they were Latin-1: two for each that is not ASCII. */
static void
put_twice_encoded(struct text *out, struct text in)
{
	for (size_t i = 0; i < in.size; i++) {
		uint8_t byte = in.data[i],
			two[2] = {(uint8_t)(0xc0 | byte >> 6), (uint8_t)(0x80 | (byte & 0x3f))};
		put(out, byte < 0x80 ? &byte : two, byte < 0x80 ? 1 : 2);
	}
}

static void
put_other_case(struct text *out, struct text in)
{
	for (size_t i = 0; i < in.size; i++) {
		uint8_t byte = in.data[i], letter = (uint8_t)(byte | 0x20);
		byte ^= letter >= 'a' && letter <= 'z' ? 0x20 : 0;
		put(out, &byte, 1);
	}
}

/* Inserts PIECE where the character at AT begins. */
static void
put_into(struct text *out, struct text in, size_t at, const char *piece, size_t size)
{
	at = character_at(in, at);
	put(out, in.data, at);
	put(out, piece, size);
	put(out, in.data + at, in.size - at);
}

static void
put_spoilt(struct text *out, struct text in, uint64_t word)
{
	static const char controls[] = {'\0', '\a', '\b', '\t', '\n', '\r', '\x1b', '\x7f'};
	size_t at = (size_t)draw_below(draw(word, 1), 64, in.size + 1);
	switch (way_of((int64_t)word, DIRTY_TEXT_WAYS)) {
	case 0: /* nothing is left */
		break;
	case 1: /* its end is cut off */
		put(out, in.data, character_at(in, at));
		break;
	case 2:
		put_into(out, in, 0, " ", 1);
		break;
	case 3:
		put_into(out, in, in.size, "  ", 2);
		break;
	case 4:
		put_other_case(out, in);
		break;
	case 5:
		put_into(out, in, at, &controls[draw_below(draw(word, 2), 64, sizeof controls)], 1);
		break;
	case 6: /* the replacement character */
		put_into(out, in, at, "\xef\xbf\xbd", 3);
		break;
	case 7:
		put_into(out, in, at, "\",'", 3);
		break;
	case 8:
		put_twice_encoded(out, in);
		break;
	default:
		put(out, "NULL", 4);
	}
}

/* Puts bytes that are not UTF-8, or too few of them. */
static void
put_spoilt_bytes(struct text *out, struct text in, uint64_t word)
{
	static const char *const wrong[] = {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf5\x80\x80\x80"};
	size_t at = (size_t)draw_below(draw(word, 1), 64, in.size + 1);
	unsigned way = way_of((int64_t)word, sizeof wrong / sizeof *wrong + 1);
	put(out, in.data, at);
	if (way > 0) {
		put(out, wrong[way - 1], strlen(wrong[way - 1]));
		put(out, in.data + at, in.size - at);
	}
}

/* Spoils bytes if NUMBER is not 0. */
bool
step_dirty_text(struct batch *batch, const struct step *step, struct nest_error *error)
{
	const int64_t *words = batch->vectors[step->in[0]].numbers;
	const struct vector *in = &batch->vectors[step->in[1]], *truths = &batch->vectors[step->in[2]],
			    *out = &batch->vectors[step->out];
	if (!step_text_open(batch, step, error))
		return false;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		if (is_null_at(in, i))
			continue;
		if (!is_spoilt(in, truths, i))
			put(&out->texts[i], in->texts[i].data, in->texts[i].size);
		else if (step->number)
			put_spoilt_bytes(&out->texts[i], in->texts[i], (uint64_t)words[i]);
		else
			put_spoilt(&out->texts[i], in->texts[i], (uint64_t)words[i]);
	}
	keep_nulls(batch, step);
	return true;
}
