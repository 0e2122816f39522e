/*
 * columns.c - the loops of columns.
 *
 * They are compiled again for processors that do more at a time (gen/batch/wide.h), under other names, and
 * for another notation: what is put of a value is COLUMN_NOTATION's.
 */
#include "gen/columns.h"

#include "gen/batch/digits.h"

#ifndef COLUMN_NOTATION
#define COLUMN_NOTATION "gen/put.h"
#endif
#include COLUMN_NOTATION

#ifndef COLUMN_PUT
#define COLUMN_PUT column_put_plain
#endif

/* ---- instances ---- */

/* What a column of lists or of choices has, from a block's first instance on, in variables of its own. */
struct source {
	enum column_form form;
	uint32_t lead_size;
	lead_bytes lead;
	const bool *nulls;
	const uint64_t *values;
	struct slots slots;
	const uint32_t *firsts, *ends;
	const uint8_t *elements;
};

static const bool none_is_null[BLOCK_MOST];

static inline struct source
source_of(const struct column *column, const struct block *block)
{
	bool is_choice = column->form == COLUMN_CHOICE;
	return (struct source){.form = column->form,
	    .lead_size = column->lead_size,
	    .lead = column->lead,
	    .nulls = column->nulls != NULL ? (const bool *)column->nulls + block->first : none_is_null,
	    .values = is_choice ? (const uint64_t *)column->values + block->first : NULL,
	    .slots = column->slots,
	    .firsts = is_choice ? NULL : column->firsts + block->first,
	    .ends = column->ends,
	    .elements = column->elements};
}

ALWAYS uint8_t *
put_list_of(uint8_t *at, const struct source *lists, size_t i, bool is_null)
{
	uint32_t first = lists->firsts[i], end = lists->firsts[i + 1], from = lists->ends[first];
	return put_list(at, lists->elements + from, lists->ends[end] - from, end - first,
	    lists->form == COLUMN_MAP, is_null);
}

ALWAYS uint8_t *
put_choice_of(uint8_t *at, const struct source *choices, size_t i, bool is_null)
{
	uint64_t value = choices->values[i], null_slot = choices->slots.count - 1;
	return put_choice(at, &choices->slots, value ^ ((value ^ null_slot) & (0 - (uint64_t)is_null)));
}

/* FORM is that of the tail, as a constant. */
ALWAYS uint8_t *
put_tail(uint8_t *at, const struct source *tail, enum column_form form, size_t i)
{
	if (form == COLUMN_NOTHING)
		return at;
	if (tail->lead_size > 0) {
		memcpy(at, &tail->lead, LEAD_BYTES);
		at += tail->lead_size;
	}
	return form == COLUMN_CHOICE ? put_choice_of(at, tail, i, tail->nulls[i])
	                             : put_list_of(at, tail, i, tail->nulls[i]);
}

/* What the loops need, in variables of their own: bytes that are written might be anything else for all that
 * the compiler knows. */
#define TAKE_COLUMN(type)                                                                              \
	const type *values = (const type *)column->values + block->first;                              \
	const bool *nulls = column->nulls != NULL ? (const bool *)column->nulls + block->first : NULL; \
	const size_t count = block->count, lead_size = column->lead_size;                              \
	const lead_bytes lead = column->lead;                                                          \
	uint8_t **restrict at = block->at;                                                             \
	(void)values

/* For each instance I of the block: the lead, and then what the statements put at P. */
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

/* In the rooms. */
#define PUT_IN_ROOMS(type, ...)                         \
	do {                                            \
		TAKE_COLUMN(type);                      \
		if (nulls == NULL) {                    \
			PUT_EACH_AS(false, __VA_ARGS__) \
		} else {                                \
			PUT_EACH_AS(true, __VA_ARGS__)  \
		}                                       \
	} while (0)

/* One after the other, each with a tail of FORM. */
#define PUT_TOGETHER_AS(form, ...)                     \
	for (size_t i = 0; i < count; i++) {           \
		const bool is_null = nulls[i];         \
		(void)is_null;                         \
		__VA_ARGS__                            \
		p = put_tail(p, &tail, form, i);       \
		if (PUT_CLOSES) {                      \
			memcpy(p, &close, LEAD_BYTES); \
			p += close_size;               \
		}                                      \
		ends[i] = (uint32_t)(p - start);       \
	}

#define PUT_TOGETHER(...)                                                                                  \
	do {                                                                                               \
		const struct column *behind = block->ending->tail;                                         \
		const struct source tail = behind != NULL ? source_of(behind, block) : (struct source){0}; \
		const uint8_t *start = block->ending->start;                                               \
		const lead_bytes close = block->ending->close;                                             \
		const uint32_t close_size = block->ending->close_size;                                     \
		uint32_t *restrict ends = block->ending->ends;                                             \
		uint8_t *p = block->ending->to;                                                            \
		if (behind == NULL) {                                                                      \
			PUT_TOGETHER_AS(COLUMN_NOTHING, __VA_ARGS__)                                       \
		} else if (behind->form == COLUMN_CHOICE) {                                                \
			PUT_TOGETHER_AS(COLUMN_CHOICE, __VA_ARGS__)                                        \
		} else {                                                                                   \
			PUT_TOGETHER_AS(COLUMN_LIST, __VA_ARGS__)                                          \
		}                                                                                          \
		block->ending->to = p;                                                                     \
	} while (0)

/* Where there is but one column, and a tail. */
#define PUT_ALONE(type, ...)                                                             \
	do {                                                                             \
		TAKE_COLUMN(type);                                                       \
		(void)at;                                                                \
		nulls = nulls != NULL ? nulls : none_is_null;                            \
		PUT_TOGETHER(memcpy(p, &lead, LEAD_BYTES); p += lead_size; __VA_ARGS__); \
	} while (0)

#define PUT_EACH(type, ...)                              \
	do {                                             \
		if (block->ending != NULL)               \
			PUT_ALONE(type, __VA_ARGS__);    \
		else                                     \
			PUT_IN_ROOMS(type, __VA_ARGS__); \
	} while (0)

/* What is in the rooms. */
static void
put_rooms(const struct column *column, struct block *block)
{
	uint8_t *const *begins = block->begins, *const *at = block->at;
	const bool *nulls = none_is_null;
	const size_t count = block->count;
	(void)column;
	PUT_TOGETHER(p = put_moved(p, begins[i], (size_t)(at[i] - begins[i])););
}

/* ---- values ---- */

static void
put_nothing(const struct column *column, struct block *block)
{
	PUT_EACH(uint8_t, );
}

static void
put_choices(const struct column *column, struct block *block)
{
	const struct source choices = source_of(column, block);
	PUT_EACH(uint8_t, p = put_choice_of(p, &choices, i, is_null););
}

/* By the notation. */
#define PUT_VALUES(form, type, ...)                                                 \
	static void form##_values(const struct column *column, struct block *block) \
	{                                                                           \
		const struct logical_type *logical = column->logical;               \
		(void)logical;                                                      \
		PUT_EACH(type, p = __VA_ARGS__;);                                   \
	}
PUT_FORMS(PUT_VALUES)

/* ---- pieces ---- */

ALWAYS uint8_t *
put_part(enum part_form form, const struct part *part, size_t i, uint8_t *p)
{
	const void *values = part->values;
	struct text text;
	switch (form) {
	case PART_SLOT:
		return slots_put(&part->slots, SLOT_SHORT, ((const uint64_t *)values)[i], p);
	case PART_LONG_SLOT:
		return slots_put(&part->slots, TEXT_SLACK, ((const uint64_t *)values)[i], p);
	case PART_DIGITS:
		return digits_put_decimal(p, ((const int64_t *)values)[i], part->width, part->scale);
	case PART_COPY:
		text = ((const struct text *)values)[i];
		copy_32(p, text.data);
		return p + text.size;
	case PART_EIGHT:
		memcpy(p, &part->before, LEAD_BYTES);
		memcpy(p + part->before_size, &part->eights[i], 8);
		return part->eights[i] != 0 ? p + part->before_size + 8
		                            : digits_put_any(p, ((const int64_t *)values)[i], 8, 0);
	default:
		return p;
	}
}

ALWAYS uint8_t *
put_lead_of_part(const struct part *part, uint8_t *p)
{
	memcpy(p, &part->lead, LEAD_BYTES);
	return p + part->lead_size;
}

static inline void
find_before_eight(struct part *part)
{
	uint64_t before = digits_before_eight(((const int64_t *)part->values)[0]);
	uint8_t digits[DIGITS_ROOM] = {0};
	if (before > 0)
		part->before_size = (uint32_t)(digits_put(digits, before, 1) - digits);
	memcpy(&part->before, digits, LEAD_BYTES);
}

/* A part of COLUMN, from the instance FIRST on. */
static inline struct part
part_from(enum part_form form, const struct column *column, unsigned index, size_t first)
{
	struct part part = column->parts[index];
	if (form == PART_EIGHT)
		find_before_eight(&part);
	if (form == PART_COPY)
		part.values = (const struct text *)part.values + first;
	else if (form != PART_NOTHING)
		part.values = (const int64_t *)part.values + first;
	if (form == PART_EIGHT)
		part.eights += first;
	return part;
}

#define PUT_PIECE(name, form)                                                                     \
	static void name(const struct column *column, struct block *block)                        \
	{                                                                                         \
		const struct part part = part_from(form, column, 0, block->first);                \
		PUT_IN_ROOMS(uint8_t, p = put_part(form, &part, i, put_lead_of_part(&part, p));); \
	}

PUT_PIECE(put_lead, PART_NOTHING)
PUT_PIECE(put_slot, PART_SLOT)
PUT_PIECE(put_long_slot, PART_LONG_SLOT)
PUT_PIECE(put_digits, PART_DIGITS)
PUT_PIECE(put_copy, PART_COPY)
PUT_PIECE(put_eight, PART_EIGHT)

static void
put_piece(const struct column *column, struct block *block)
{
	static void (*const puts[PART_FORMS])(const struct column *column, struct block *block) = {
	    put_lead, put_slot, put_long_slot, put_digits, put_copy, put_eight};
	puts[column->parts[0].form](column, block);
}

#define PUT_TWO(name, one, other)                                                                   \
	static void name(const struct column *column, struct block *block)                          \
	{                                                                                           \
		const struct part first = part_from(one, column, 0, block->first);                  \
		const struct part second = part_from(other, column, 1, block->first);               \
		const size_t head_bytes = column->head_bytes;                                       \
		PUT_EACH(uint8_t, uint8_t *begin = p - head_bytes; p = put_part(one, &first, i, p); \
			 if ((other) != PART_NOTHING || second.lead_size > 0) p =                   \
			     put_part(other, &second, i, put_lead_of_part(&second, p));             \
			 p = put_end_of_text(begin, p, is_null););                                  \
	}

#define PUT_TWO_OF(name, one)                          \
	PUT_TWO(name##_lead, one, PART_NOTHING)        \
	PUT_TWO(name##_slot, one, PART_SLOT)           \
	PUT_TWO(name##_long_slot, one, PART_LONG_SLOT) \
	PUT_TWO(name##_digits, one, PART_DIGITS)       \
	PUT_TWO(name##_copy, one, PART_COPY)           \
	PUT_TWO(name##_eight, one, PART_EIGHT)

PUT_TWO_OF(put_slot, PART_SLOT)
PUT_TWO_OF(put_long_slot, PART_LONG_SLOT)
PUT_TWO_OF(put_digits, PART_DIGITS)
PUT_TWO_OF(put_copy, PART_COPY)
PUT_TWO_OF(put_eight, PART_EIGHT)

#define TWO_OF(name)                                                                                 \
	{                                                                                            \
		name##_lead, name##_slot, name##_long_slot, name##_digits, name##_copy, name##_eight \
	}

static void
put_two_pieces(const struct column *column, struct block *block)
{
	static void (*const puts[PART_FORMS][PART_FORMS])(
	    const struct column *column, struct block *block) = {[PART_SLOT] = TWO_OF(put_slot),
	    [PART_LONG_SLOT] = TWO_OF(put_long_slot),
	    [PART_DIGITS] = TWO_OF(put_digits),
	    [PART_COPY] = TWO_OF(put_copy),
	    [PART_EIGHT] = TWO_OF(put_eight)};
	puts[column->parts[0].form][column->parts[1].form](column, block);
}

static void
begin_texts(const struct column *column, struct block *block)
{
	uint8_t **restrict begins = block->marks[column->depth];
	const size_t head_bytes = column->head_bytes;
	PUT_IN_ROOMS(uint8_t, begins[i] = p - head_bytes;);
}

static void
end_texts(const struct column *column, struct block *block)
{
	uint8_t **restrict begins = block->marks[column->depth];
	PUT_IN_ROOMS(uint8_t, p = put_end_of_text(begins[i], p, is_null););
}

/* ---- groups and lists ---- */

/* The head of a group is the lead of what follows, and stands after a nil if there is one, until the end. */
static void
begin_groups(const struct column *column, struct block *block)
{
	uint8_t **restrict marks = block->marks[column->depth];
	PUT_IN_ROOMS(int64_t, bool is_nothing = is_null || !values[i]; p = put_nil_if(p, is_nothing);
		     marks[i] = is_nothing ? p : NULL;);
}

static void
end_groups(const struct column *column, struct block *block)
{
	uint8_t **restrict marks = block->marks[column->depth];
	PUT_IN_ROOMS(uint8_t, p = marks[i] != NULL ? marks[i] : p;);
}

static void
put_lists(const struct column *column, struct block *block)
{
	const struct source lists = source_of(column, block);
	PUT_EACH(uint8_t, p = put_list_of(p, &lists, i, is_null););
}

#define VALUES_OF(form, type, ...) [form] = form##_values,

void
COLUMN_PUT(const struct column *column, struct block *block)
{
	static void (*const puts[])(const struct column *column, struct block *block) = {
	    PUT_FORMS(VALUES_OF)[COLUMN_NOTHING] = put_nothing,
	    [COLUMN_ROOMS] = put_rooms,
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
