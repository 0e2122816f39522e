/* plain.c - the loops over values. */
#include "lib/parquet/plain.h"
#include "lib/base/utf8.h"
#include "lib/parquet/hybrid.h"

enum {
	LENGTH_BYTES = 4,
	BLOCK = 512,      /* values that are walked, checked and copied while in the first cache */
	AHEAD = 16,       /* how many values ahead of the one looked up a slot is prefetched */
	UNIFORM_TRY = 16, /* values of one length in a row, after which the next are likely to have it, too */
};

static const char ENDS_INSIDE[] = "the values end inside this one";
static const char NOT_TEXT[] = "the value is not well-formed UTF-8";
static const char NO_BYTES[] = "the DECIMAL has no bytes";
static const char TOO_LONG[] = "the DECIMAL has more bytes than its precision needs";
static const char NO_TIME[] = "the TIME is not within a day";
static const char NOT_BOOLEAN[] = "the boolean is neither 0 nor 1";

/* The bytes of a two's complement number of DIGITS decimal digits. */
static uint32_t
decimal_bytes(int digits)
{
	const double bits_per_digit = 3.32192809488736234787;
	return (uint32_t)((digits * bits_per_digit + 1) / 8) + 1;
}

struct value_kind
plain_kind(const struct schema_node *leaf)
{
	static const int64_t day[] = {
	    [UNIT_MILLIS] = 86400000, [UNIT_MICROS] = 86400000000, [UNIT_NANOS] = 86400000000000};
	const struct logical_type *logical = &leaf->logical;
	bool is_binary = leaf->physical == PHYSICAL_BYTE_ARRAY;
	return (struct value_kind){
	    .order = statistics_order(leaf),
	    .value_bytes = schema_value_bytes(leaf),
	    .is_text = logical->kind == LOGICAL_STRING || logical->kind == LOGICAL_ENUM ||
	               logical->kind == LOGICAL_JSON,
	    .is_whole = !is_binary || logical->kind == LOGICAL_DECIMAL || logical->kind == LOGICAL_JSON ||
	                logical->kind == LOGICAL_BSON,
	    .is_decimal = logical->kind == LOGICAL_DECIMAL && is_binary,
	    .most_bytes = logical->kind == LOGICAL_DECIMAL ? decimal_bytes(logical->precision) : 0,
	    .time_end = logical->kind == LOGICAL_TIME ? day[logical->unit] : 0,
	};
}

static inline void
take_one(struct statistics *statistics, const uint8_t *data, size_t size)
{
	if (statistics->order == ORDER_BYTES)
		statistics_take_bytes(statistics, data, size);
	else if (statistics->order == ORDER_DECIMAL)
		statistics_take_decimal(statistics, data, size);
	else
		statistics_take_fixed(statistics, data, 1);
}

static bool
refuse(struct plain_cursor *cursor, const char *problem)
{
	cursor->problem = problem;
	return false;
}

/* Whether a value of LENGTH bytes after its length at AT ends at END at the latest. */
static inline bool
fits(const uint8_t *at, const uint8_t *end, uint32_t length)
{
	return __builtin_expect((uint64_t)length + LENGTH_BYTES <= (uint64_t)(end - at), 1);
}

/*
 * Where the next value starts is known only from the length of this one, which
 * costs a wait of several cycles for each value.  Values that have kept one length
 * are walked on the bet that they still do, without that wait.
 */
static inline const uint8_t *
walk_uniform(
    const uint8_t *at, const uint8_t *end, size_t count, struct statistics *statistics, size_t *walked)
{
	uint32_t length = plain_length(at);
	size_t step = (size_t)length + LENGTH_BYTES, i = 0;
	size_t most = (size_t)(end - at) / step;
	count = count < most ? count : most;
	for (; i < count && plain_length(at) == length; i++, at += step)
		statistics_take_bytes(statistics, at + LENGTH_BYTES, length);
	*walked = i;
	return at;
}

/* Moves past COUNT values, whose bytes are not checked yet. */
static bool
walk_bytes(struct plain_cursor *cursor, size_t count, struct statistics *statistics)
{
	struct statistics local = *statistics;
	const uint8_t *at = cursor->at, *end = cursor->end;
	size_t i = 0;
	while (i < count) {
		size_t walked;
		at = walk_uniform(at, end, count - i, &local, &walked);
		i += walked;
		size_t stop = walked >= UNIFORM_TRY ? i + 1 : count;
		for (stop = stop < count ? stop : count; i < stop; i++) {
			uint32_t length = plain_length(at);
			if (!fits(at, end, length)) {
				cursor->taken += i;
				return refuse(cursor, ENDS_INSIDE);
			}
			statistics_take_bytes(&local, at + LENGTH_BYTES, length);
			at += LENGTH_BYTES + length;
		}
	}
	*statistics = local;
	cursor->at = at;
	cursor->taken += count;
	return true;
}

/* Looks at lengths and texts alike, so false does not prove that a text is not ASCII. */
static bool
is_all_low(const uint8_t *bytes, size_t size)
{
	uint64_t seen = 0, word;
	size_t i = 0;
	for (; i + sizeof word <= size; i += sizeof word) {
		memcpy(&word, bytes + i, sizeof word);
		seen |= word;
	}
	for (; i < size; i++)
		seen |= bytes[i];
	return (seen & 0x8080808080808080u) == 0;
}

/* Checks values that were walked before, so that their lengths are sound. */
static bool
check_text(struct plain_cursor *cursor, const uint8_t *at, size_t count)
{
	if (is_all_low(at, (size_t)(cursor->at - at)))
		return true;
	for (size_t i = 0; i < count; i++) {
		uint32_t length = plain_length(at);
		if (!utf8_valid(at + LENGTH_BYTES, length)) {
			cursor->taken -= count - i;
			return refuse(cursor, NOT_TEXT);
		}
		at += LENGTH_BYTES + length;
	}
	return true;
}

/* What is wrong with a DECIMAL of SIZE bytes; NULL: nothing. */
static const char *
decimal_problem(const struct value_kind *kind, uint32_t size)
{
	return size == 0 ? NO_BYTES : size > kind->most_bytes ? TOO_LONG : NULL;
}

/* As walk_bytes(), for decimals, which are also checked. */
static bool
walk_decimals(
    struct plain_cursor *cursor, size_t count, const struct value_kind *kind, struct statistics *statistics)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t length = plain_length(cursor->at);
		if (!fits(cursor->at, cursor->end, length))
			return refuse(cursor, ENDS_INSIDE);
		const char *problem = decimal_problem(kind, length);
		if (problem != NULL)
			return refuse(cursor, problem);
		statistics_take_decimal(statistics, cursor->at + LENGTH_BYTES, length);
		cursor->at += LENGTH_BYTES + length;
		cursor->taken++;
	}
	return true;
}

static bool
copy_bytes(struct plain_cursor *cursor, uint64_t count, const struct value_kind *kind,
    struct statistics *statistics, struct buffer *out, struct nest_error *error)
{
	while (count > 0) {
		size_t block = count < BLOCK ? (size_t)count : BLOCK;
		const uint8_t *from = cursor->at;
		bool walked = kind->is_decimal ? walk_decimals(cursor, block, kind, statistics)
		                               : walk_bytes(cursor, block, statistics);
		if (!walked || (kind->is_text && !check_text(cursor, from, block)) ||
		    !buffer_append(out, from, (size_t)(cursor->at - from), error))
			return false;
		count -= block;
	}
	return statistics_own(statistics, error);
}

static bool
check_booleans(struct plain_cursor *cursor, const uint8_t *values, size_t count)
{
	uint8_t seen = 0;
	for (size_t i = 0; i < count; i++)
		seen |= values[i];
	if (seen <= 1)
		return true;
	while (*values++ <= 1)
		cursor->taken++;
	return refuse(cursor, NOT_BOOLEAN);
}

static inline int64_t
load_integer(const uint8_t *at, size_t value_bytes)
{
	int32_t narrow;
	int64_t wide;
	if (value_bytes == sizeof narrow) {
		memcpy(&narrow, at, sizeof narrow);
		return narrow;
	}
	memcpy(&wide, at, sizeof wide);
	return wide;
}

static bool
is_time(const struct value_kind *kind, const uint8_t *at)
{
	int64_t time = load_integer(at, kind->value_bytes);
	return time >= 0 && time < kind->time_end;
}

static bool
check_times(struct plain_cursor *cursor, const uint8_t *values, size_t count, const struct value_kind *kind)
{
	for (size_t i = 0; i < count; i++)
		if (!is_time(kind, values + i * kind->value_bytes)) {
			cursor->taken += i;
			return refuse(cursor, NO_TIME);
		}
	return true;
}

/* Whether COUNT values of a fixed size are there; if not, sets the cursor's problem. */
static bool
reserve_fixed(struct plain_cursor *cursor, uint64_t count, size_t value_bytes)
{
	uint64_t there = (uint64_t)(cursor->end - cursor->at) / value_bytes;
	if (count <= there)
		return true;
	cursor->taken += there;
	return refuse(cursor, ENDS_INSIDE);
}

static void
look_fixed(const uint8_t *values, uint64_t count, size_t value_bytes, struct statistics *statistics)
{
	struct statistics local = *statistics;
	if (local.order == ORDER_DECIMAL)
		statistics_take_decimals(&local, values, (size_t)count, value_bytes);
	else if (local.order == ORDER_BYTES)
		for (uint64_t i = 0; i < count; i++)
			statistics_take_bytes(&local, values + i * value_bytes, value_bytes);
	else
		statistics_take_fixed(&local, values, (size_t)count);
	*statistics = local;
}

static void
look_decimals(const uint8_t *at, uint64_t count, struct statistics *statistics)
{
	for (uint64_t i = 0; i < count; i++) {
		size_t length = plain_length(at);
		statistics_take_decimal(statistics, at + LENGTH_BYTES, length);
		at += LENGTH_BYTES + length;
	}
}

void
plain_look(struct view values, uint64_t count, size_t value_bytes, struct statistics *statistics)
{
	struct plain_cursor cursor = {.at = values.data, .end = values.data + values.size};
	if (value_bytes > 0)
		look_fixed(values.data, count, value_bytes, statistics);
	else if (statistics->order == ORDER_BYTES)
		walk_bytes(&cursor, (size_t)count, statistics);
	else if (statistics->order == ORDER_DECIMAL)
		look_decimals(values.data, count, statistics);
}

bool
plain_copy(struct plain_cursor *cursor, uint64_t count, const struct value_kind *kind,
    struct statistics *statistics, struct buffer *out, struct nest_error *error)
{
	if (kind->value_bytes == 0)
		return copy_bytes(cursor, count, kind, statistics, out, error);
	const uint8_t *from = cursor->at;
	if (!reserve_fixed(cursor, count, kind->value_bytes))
		return false;
	if (kind->order == ORDER_BOOLEAN && !check_booleans(cursor, from, count))
		return false;
	if (kind->time_end > 0 && !check_times(cursor, from, count, kind))
		return false;
	look_fixed(from, count, kind->value_bytes, statistics);
	if (!buffer_append(out, from, count * kind->value_bytes, error))
		return false;
	cursor->at += count * kind->value_bytes;
	cursor->taken += count;
	return statistics_own(statistics, error);
}

/* Takes a byte string that is new to the page. */
static bool
meet(struct plain_cursor *cursor, const struct value_kind *kind, const uint8_t *data, uint32_t size,
    struct dictionary_slot *slot, uint32_t now, struct statistics *statistics)
{
	/* Stamp 0 is the first time a value comes at all, the only time it must be checked. */
	bool is_new = slot->stamp == 0;
	if (is_new && kind->is_text && !utf8_valid(data, size))
		return refuse(cursor, NOT_TEXT);
	if (is_new && kind->is_decimal && decimal_problem(kind, size) != NULL)
		return refuse(cursor, decimal_problem(kind, size));
	slot->stamp = now;
	take_one(statistics, data, size);
	return true;
}

/* What is needed for byte strings besides the dictionary. */
struct meeting {
	uint32_t stamp;
	struct statistics *statistics;
};

/*
 * FIXED is the size of each value, 0 for BYTE_ARRAY; MEETING is NULL for numbers.  Inlined for each case, so
 * that both are constants.
 */
static inline __attribute__((always_inline)) bool
intern(struct plain_cursor *cursor, uint64_t *count, const struct value_kind *kind, size_t fixed,
    struct dictionary *dictionary, const struct meeting *meeting, uint32_t *indices, struct nest_error *error)
{
	const uint8_t *at = cursor->at, *end = cursor->end;
	for (uint64_t i = 0; i < *count; i++) {
		uint32_t size = (uint32_t)fixed;
		if (fixed == 0) {
			size = plain_length(at);
			if (!fits(at, end, size)) {
				cursor->taken += i;
				return refuse(cursor, ENDS_INSIDE);
			}
			at += LENGTH_BYTES;
		} else if (fixed <= DICTIONARY_SHORT && *count - i > AHEAD) {
			dictionary_expect(dictionary, at + AHEAD * fixed, size);
		}
		struct dictionary_slot *slot = dictionary_intern(dictionary, at, size, error);
		if (slot == NULL) {
			if (!dictionary->is_full)
				return false;
			*count = i;
			at -= fixed == 0 ? LENGTH_BYTES : 0;
			break;
		}
		if (meeting != NULL && __builtin_expect(slot->stamp != meeting->stamp, 0) &&
		    !meet(cursor, kind, at, size, slot, meeting->stamp, meeting->statistics)) {
			cursor->taken += i;
			return false;
		}
		indices[i] = slot->index;
		at += size;
	}
	cursor->at = at;
	cursor->taken += *count;
	return true;
}

/* Interns numbers; all enter the statistics, which costs less than to know which are new to the page. */
static bool
intern_numbers(struct plain_cursor *cursor, uint64_t *count, const struct value_kind *kind,
    struct dictionary *dictionary, struct statistics *statistics, uint32_t *indices, struct nest_error *error)
{
	const uint8_t *from = cursor->at;
	bool fine;
	if (kind->time_end > 0 && !check_times(cursor, from, *count, kind))
		return false;
	if (kind->value_bytes == 4)
		fine = intern(cursor, count, kind, 4, dictionary, NULL, indices, error);
	else if (kind->value_bytes == 8)
		fine = intern(cursor, count, kind, 8, dictionary, NULL, indices, error);
	else
		fine = intern(cursor, count, kind, kind->value_bytes, dictionary, NULL, indices, error);
	if (fine)
		statistics_take_fixed(statistics, from, *count);
	return fine;
}

bool
plain_intern(struct plain_cursor *cursor, uint64_t *count, const struct value_kind *kind,
    struct dictionary *dictionary, uint32_t stamp, struct statistics *statistics, struct buffer *out,
    struct nest_error *error)
{
	const struct meeting meeting = {stamp, statistics};
	if (kind->value_bytes > 0 && !reserve_fixed(cursor, *count, kind->value_bytes))
		return false;
	if (*count == 0)
		return true;
	if (!buffer_reserve(out, *count * sizeof(uint32_t), error))
		return false;
	uint32_t *indices = (uint32_t *)(void *)(out->data + out->size);
	bool fine;
	if (kind->value_bytes == 0)
		fine = intern(cursor, count, kind, 0, dictionary, &meeting, indices, error);
	else if (value_order_bytes(kind->order) == 0)
		fine = intern(cursor, count, kind, kind->value_bytes, dictionary, &meeting, indices, error);
	else
		fine = intern_numbers(cursor, count, kind, dictionary, statistics, indices, error);
	if (!fine)
		return false;
	out->size += *count * sizeof(uint32_t);
	return statistics_own(statistics, error);
}

/* ---- reading pages ---- */

static bool
refuse_end(size_t count, struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "the bytes end within %zu PLAIN values", count);
}

/* The size of COUNT byte strings, each after its length; SIZE_MAX if they are not all there. */
static size_t
measure_bytes(struct view bytes, size_t count)
{
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		if (bytes.size - at < LENGTH_BYTES)
			return SIZE_MAX;
		uint32_t length = plain_length(bytes.data + at);
		if (!fits(bytes.data + at, bytes.data + bytes.size, length))
			return SIZE_MAX;
		at += LENGTH_BYTES + (size_t)length;
	}
	return at;
}

bool
plain_take(
    struct view *bytes, size_t count, size_t value_bytes, struct view *values, struct nest_error *error)
{
	size_t size = SIZE_MAX;
	if (value_bytes == 0)
		size = measure_bytes(*bytes, count);
	else if (count <= bytes->size / value_bytes)
		size = count * value_bytes;
	if (size > bytes->size)
		return refuse_end(count, error);
	*values = (struct view){bytes->data, size};
	bytes->data += size;
	bytes->size -= size;
	return true;
}

bool
plain_unpack_booleans(struct view *bytes, size_t count, struct buffer *out, struct nest_error *error)
{
	size_t size = count / 8 + (count % 8 > 0);
	if (size > bytes->size)
		return refuse_end(count, error);
	if (!buffer_reserve(out, count, error))
		return false;
	hybrid_unpack_bits(out->data + out->size, bytes->data, count);
	out->size += count;
	bytes->data += size;
	bytes->size -= size;
	return true;
}
