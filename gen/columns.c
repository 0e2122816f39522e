/*
 * columns.c - the loops of columns.
 *
 * They are compiled again for processors that do more at a time (gen/batch/wide.h), as another writer.
 */
#include "gen/columns.h"

#include "gen/batch/digits.h"
#include "gen/put.h"

#ifndef COLUMN_WRITER
#define COLUMN_WRITER column_writer_plain
#endif

/*
 * For each instance I of the block: the lead, and then what the statements put
 * at P.  What they need is in variables of their own, since bytes that are
 * written might be anything else for all that the compiler knows.
 */
#define PUT_EACH_AS(may_be_null, ...)                           \
	for (size_t i = 0; i < count; i++) {                    \
		const bool is_null = (may_be_null) && nulls[i]; \
		uint8_t *p = at[i];                             \
		memcpy(p, &lead, LEAD_BYTES);                   \
		p += lead_size;                                 \
		(void)is_null;                                  \
		__VA_ARGS__                                     \
		at[i] = p;                                      \
	}

#define PUT_EACH(type, ...)                                                                         \
	do {                                                                                        \
		const type *values = (const type *)column->values + block->first;                   \
		const uint8_t *nulls = column->nulls != NULL ? column->nulls + block->first : NULL; \
		const size_t count = block->count, lead_size = column->lead_size;                   \
		const lead_bytes lead = column->lead;                                               \
		uint8_t **restrict at = block->at;                                                  \
		(void)values;                                                                       \
		if (nulls == NULL) {                                                                \
			PUT_EACH_AS(false, __VA_ARGS__)                                             \
		} else {                                                                            \
			PUT_EACH_AS(true, __VA_ARGS__)                                              \
		}                                                                                   \
	} while (0)

static void
put_nothing(const struct column *column, struct block *block)
{
	PUT_EACH(uint8_t, );
}

/* ---- values ---- */

static void
put_numbers(const struct column *column, struct block *block)
{
	PUT_EACH(int64_t, p = put_number(p, values[i], is_null););
}

static void
put_truths(const struct column *column, struct block *block)
{
	PUT_EACH(int64_t, p = put_truth(p, values[i], is_null););
}

static void
put_reals(const struct column *column, struct block *block)
{
	PUT_EACH(double, p = put_real(p, values[i], is_null););
}

static void
put_short_texts(const struct column *column, struct block *block)
{
	PUT_EACH(struct text, p = put_short_text(p, values[i], is_null););
}

static void
put_texts(const struct column *column, struct block *block)
{
	PUT_EACH(struct text, p = is_null ? pack_nil(p) : put_text(p, values[i]););
}

static void
put_bins(const struct column *column, struct block *block)
{
	PUT_EACH(struct text, p = is_null ? pack_nil(p) : put_bin(p, values[i]););
}

static void
put_choices(const struct column *column, struct block *block)
{
	const struct slots slots = column->slots;
	const uint64_t null_slot = slots.count - 1;
	PUT_EACH(uint64_t,
		 p = slots_put(&slots, values[i] ^ ((values[i] ^ null_slot) & (0 - (uint64_t)is_null)), p););
}

/* ---- pieces ---- */

static inline uint8_t *
put_part(enum part_form form, const struct part *part, size_t i, uint8_t *p)
{
	const void *values = part->values;
	struct text text;
	memcpy(p, &part->lead, LEAD_BYTES);
	p += part->lead_size;
	switch (form) {
	case PART_SLOT:
		return slots_put(&part->slots, ((const uint64_t *)values)[i], p);
	case PART_DIGITS:
		return digits_put_decimal(p, ((const int64_t *)values)[i], part->width, part->scale);
	case PART_COPY:
		text = ((const struct text *)values)[i];
		copy_32(p, text.data);
		return p + text.size;
	case PART_EIGHT:
		memcpy(p, &part->eights[i], 8);
		return part->eights[i] != 0 ? p + 8 : digits_put_any(p, ((const int64_t *)values)[i], 8, 0);
	default:
		return p;
	}
}

/* A part of COLUMN, from the instance FIRST on. */
static inline struct part
part_from(enum part_form form, const struct column *column, unsigned index, size_t first)
{
	struct part part = column->parts[index];
	if (form == PART_COPY)
		part.values = (const struct text *)part.values + first;
	else if (form != PART_NOTHING)
		part.values = (const int64_t *)part.values + first;
	if (form == PART_EIGHT)
		part.eights += first;
	return part;
}

#define PUT_PIECE(name, form)                                                      \
	static void name(const struct column *column, struct block *block)         \
	{                                                                          \
		const struct part part = part_from(form, column, 0, block->first); \
		PUT_EACH(uint8_t, p = put_part(form, &part, i, p););               \
	}

PUT_PIECE(put_lead, PART_NOTHING)
PUT_PIECE(put_slot, PART_SLOT)
PUT_PIECE(put_digits, PART_DIGITS)
PUT_PIECE(put_copy, PART_COPY)
PUT_PIECE(put_eight, PART_EIGHT)

static void
put_piece(const struct column *column, struct block *block)
{
	static void (*const puts[PART_FORMS])(const struct column *column, struct block *block) = {
	    put_lead, put_slot, put_digits, put_copy, put_eight};
	puts[column->parts[0].form](column, block);
}

#define PUT_TWO(name, one, other)                                                                       \
	static void name(const struct column *column, struct block *block)                              \
	{                                                                                               \
		const struct part first = part_from(one, column, 0, block->first);                      \
		const struct part second = part_from(other, column, 1, block->first);                   \
		PUT_EACH(uint8_t, uint8_t *begin = p++; p = put_part(one, &first, i, p);                \
			 p = put_part(other, &second, i, p); p = put_head_of_text(begin, p, is_null);); \
	}

#define PUT_TWO_OF(name, one)                    \
	PUT_TWO(name##_lead, one, PART_NOTHING)  \
	PUT_TWO(name##_slot, one, PART_SLOT)     \
	PUT_TWO(name##_digits, one, PART_DIGITS) \
	PUT_TWO(name##_copy, one, PART_COPY)     \
	PUT_TWO(name##_eight, one, PART_EIGHT)

PUT_TWO_OF(put_slot, PART_SLOT)
PUT_TWO_OF(put_digits, PART_DIGITS)
PUT_TWO_OF(put_copy, PART_COPY)
PUT_TWO_OF(put_eight, PART_EIGHT)

#define TWO_OF(name)                                                               \
	{                                                                          \
		name##_lead, name##_slot, name##_digits, name##_copy, name##_eight \
	}

static void
put_two_pieces(const struct column *column, struct block *block)
{
	static void (*const puts[PART_FORMS][PART_FORMS])(
	    const struct column *column, struct block *block) = {[PART_SLOT] = TWO_OF(put_slot),
	    [PART_DIGITS] = TWO_OF(put_digits),
	    [PART_COPY] = TWO_OF(put_copy),
	    [PART_EIGHT] = TWO_OF(put_eight)};
	puts[column->parts[0].form][column->parts[1].form](column, block);
}

static void
begin_texts(const struct column *column, struct block *block)
{
	uint8_t **restrict begins = block->marks[column->depth];
	PUT_EACH(uint8_t, begins[i] = p++;);
}

static void
end_texts(const struct column *column, struct block *block)
{
	uint8_t **restrict begins = block->marks[column->depth];
	PUT_EACH(uint8_t, p = put_head_of_text(begins[i], p, is_null););
}

/* ---- groups and lists ---- */

/* The head of a group is the lead of what follows, and stands behind a nil if there is one, until the end. */
static void
begin_groups(const struct column *column, struct block *block)
{
	uint8_t **restrict marks = block->marks[column->depth];
	PUT_EACH(int64_t, bool is_nothing = is_null || !values[i]; *p = 0xc0; p += is_nothing;
		 marks[i] = is_nothing ? p : NULL;);
}

static void
end_groups(const struct column *column, struct block *block)
{
	uint8_t **restrict marks = block->marks[column->depth];
	PUT_EACH(uint8_t, p = marks[i] != NULL ? marks[i] : p;);
}

static inline uint8_t *
put_list_head(uint8_t *at, uint32_t count, bool is_map, bool is_null)
{
	if (count >= 16)
		return is_map ? put_map(at, count) : put_array(at, count);
	*at = put_nil_or(is_null, (is_map ? 0x80u : 0x90u) | count);
	return at + 1;
}

/* SIZE bytes from FROM on: most instances and lists have no more than are moved in any case. */
static inline uint8_t *
move(uint8_t *to, const uint8_t *from, size_t size)
{
	copy_64(to, from);
	if (size > BLOCK_SLACK)
		memcpy(to + BLOCK_SLACK, from + BLOCK_SLACK, size - BLOCK_SLACK);
	return to + size;
}

/* What a column of lists has, in variables of its own. */
struct lists {
	const uint32_t *firsts, *ends;
	const uint8_t *elements;
	bool are_maps;
};

static inline struct lists
lists_of(const struct column *column, const struct block *block)
{
	return (struct lists){
	    column->firsts + block->first, column->ends, column->elements, column->form == COLUMN_MAP};
}

static inline uint8_t *
put_list(uint8_t *at, const struct lists *lists, size_t i, bool is_null)
{
	uint32_t first = lists->firsts[i], end = lists->firsts[i + 1], from = lists->ends[first];
	at = put_list_head(at, end - first, lists->are_maps, is_null);
	return move(at, lists->elements + from, lists->ends[end] - from);
}

static void
put_lists(const struct column *column, struct block *block)
{
	const struct lists lists = lists_of(column, block);
	PUT_EACH(uint8_t, p = put_list(p, &lists, i, is_null););
}

static void
column_put(const struct column *column, struct block *block)
{
	static void (*const puts[])(const struct column *column, struct block *block) = {
	    [COLUMN_NOTHING] = put_nothing,
	    [COLUMN_NUMBER] = put_numbers,
	    [COLUMN_TRUTH] = put_truths,
	    [COLUMN_REAL] = put_reals,
	    [COLUMN_TEXT] = put_texts,
	    [COLUMN_SHORT_TEXT] = put_short_texts,
	    [COLUMN_BYTES] = put_bins,
	    [COLUMN_CHOICE] = put_choices,
	    [COLUMN_LIST] = put_lists,
	    [COLUMN_MAP] = put_lists,
	    [COLUMN_GROUP_BEGIN] = begin_groups,
	    [COLUMN_GROUP_END] = end_groups,
	    [COLUMN_TEXT_BEGIN] = begin_texts,
	    [COLUMN_TEXT_END] = end_texts,
	    [COLUMN_TWO_PIECES] = put_two_pieces,
	    [COLUMN_PIECE] = put_piece,
	};
	puts[column->form](column, block);
}

/* The instances together, with what LISTS, or NULL, has for each behind it; inlined, so that a constant
 * shows. */
static inline __attribute__((always_inline)) uint8_t *
move_each(const struct block *block, const struct column *lists, uint8_t *to, uint8_t *start, uint32_t *ends)
{
	static const uint8_t none_is_null[BLOCK_MOST];
	const struct lists from = lists != NULL ? lists_of(lists, block) : (struct lists){.are_maps = false};
	const uint8_t *nulls =
	    lists != NULL && lists->nulls != NULL ? lists->nulls + block->first : none_is_null;
	const size_t count = block->count, lead_size = lists != NULL ? lists->lead_size : 0;
	const lead_bytes lead = lists != NULL ? lists->lead : (lead_bytes){0};
	uint8_t *const *begins = block->begins, *const *ats = block->at;
	for (size_t i = 0; i < count; i++) {
		to = move(to, begins[i], (size_t)(ats[i] - begins[i]));
		if (lists != NULL) {
			memcpy(to, &lead, LEAD_BYTES);
			to = put_list(to + lead_size, &from, i, nulls[i]);
		}
		if (ends != NULL)
			ends[i] = (uint32_t)(to - start);
	}
	return to;
}

static uint8_t *
block_move(const struct block *block, const struct column *lists, uint8_t *to, uint8_t *start, uint32_t *ends)
{
	if (lists == NULL)
		return move_each(block, NULL, to, start, ends);
	return ends == NULL ? move_each(block, lists, to, start, NULL)
	                    : move_each(block, lists, to, start, ends);
}

const struct column_writer COLUMN_WRITER = {column_put, block_move};
