#include "shred/walk_pack.h"

#include "lib/meter/probe.h"
#include "shred/json_pack.h"

#include <endian.h>

enum {
	SIZE_CHECK_ROWS = 64, /* records between two checks of how much there is */
	NO_VALUE = 0xc1,      /* the one byte that begins no msgpack value */
};

typedef const uint8_t *value_walker(
    struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at);

static value_walker walk_struct, walk_array, walk_map, walk_field;

/* Fails where no whole value begins: the bytes end too early, unless the byte begins no value at all. */
static __attribute__((cold, noinline)) const uint8_t *
cut_off(struct walk *walk, const struct step *step, const uint8_t *at, const char *due)
{
	bool is_broken = at < walk->end && *at == NO_VALUE;
	if (is_broken)
		walk_refuse(walk, step, at, "%s due, and 0xc1 begins no msgpack value", due);
	else if (at >= walk->end)
		walk_refuse(walk, step, at, "the bytes end where %s due: the record ends early", due);
	else
		walk_refuse(walk, step, at, "the bytes end within a value: the record ends early");
	walk->problem = is_broken ? WALK_BROKEN : WALK_TRUNCATED;
	return NULL;
}

/* Refuses a value of another kind than expected. */
static __attribute__((cold, noinline)) const uint8_t *
wrong_value(
    struct walk *walk, const struct step *step, const uint8_t *at, const char *due, struct pack_value value)
{
	if (value.type == PACK_BROKEN)
		return cut_off(walk, step, at, due);
	return walk_refuse(walk, step, at, "%s due, not %s", due, pack_type_name(value.type));
}

/* Reads the head of an array or a map; most arrays are short. */
static inline struct pack_value
read_head(const struct walk *walk, const uint8_t **at)
{
	if (__builtin_expect(*at < walk->slot_end && (**at & 0xf0u) == 0x90u, 1))
		return (struct pack_value){.type = PACK_ARRAY, .size = *(*at)++ & 15u};
	struct pack_reader reader = {*at, walk->end};
	struct pack_value value = pack_read(&reader);
	*at = reader.at;
	return value;
}

/*
 * Walks a text of up to 31 bytes (a0 to bf), or nil (c0) in an optional leaf, the
 * most frequent fields, without a branch on which it is: both heads have the size
 * in their low five bits, only nil has bit 6, and excess bytes are overwritten by
 * the next value.  False, without doing anything, if it is something else or there
 * is no room on either side.
 */
static inline bool
walk_short_text(const struct walk *walk, const struct step *step, unsigned rep, const uint8_t **at)
{
	const uint8_t *head = *at;
	struct stripe *stripe = step->stripes;
	if (head >= walk->slot_end || (uint8_t)(*head - 0xa0) >= step->text_heads)
		return false;
	uint16_t *entry = stripe->entry;
	uint8_t *value = stripe->value;
	if (entry >= stripe->entry_end || value >= stripe->value_end)
		return false;

	size_t size = *head & 31u, nil = *head & 64u;
	uint32_t length = htole32((uint32_t)size);
	stripe->entry = entry + 1;
	stripe->value = value + size + 4 - nil / 16;      /* 4 for the length, or nothing */
	*entry = (uint16_t)(step->entry + rep - nil * 4); /* nil is one definition level less */
	memcpy(value, &length, 4);
	memcpy(value + 4, head + 1, STRIPE_SLOT);
	*at = head + 1 + size;
	return true;
}

/* Reads the integer whose head is at AT, followed by eight readable bytes; its size, or 0 if it is none. */
static inline size_t
read_integer(const uint8_t *at, int64_t *integer)
{
	/* For the heads cc to d3: the excess bits in eight bytes, and the one that is a sign. */
	static const struct {
		uint8_t shift, size;
		uint64_t sign;
	} forms[8] = {{56, 2, 0}, {48, 3, 0}, {32, 5, 0}, {0, 9, 0}, {56, 2, (uint64_t)1 << 7},
	    {48, 3, (uint64_t)1 << 15}, {32, 5, (uint64_t)1 << 31}, {0, 9, (uint64_t)1 << 63}};
	unsigned form = *at - 0xccu;
	uint64_t bits, sign;
	if (form >= 8) {
		*integer = (int8_t)*at;
		return *at < 0x80 || *at >= 0xe0;
	}
	memcpy(&bits, at + 1, sizeof bits);
	sign = forms[form].sign;
	*integer = (int64_t)(((be64toh(bits) >> forms[form].shift) ^ sign) - sign);
	/* A number without a sign that is negative here is 2^63 or more. */
	return sign == 0 && *integer < 0 ? 0 : forms[form].size;
}

/*
 * Walks an integer in a leaf that takes it, or a double in a leaf of doubles, at
 * once.  False, without doing anything, if it is something else or there is no
 * room on either side.
 */
static inline bool
walk_number(const struct walk *walk, const struct step *step, unsigned rep, const uint8_t **at)
{
	struct stripe *stripe = step->stripes;
	uint64_t bits;
	int64_t integer;
	size_t size;
	if (step->number_bytes == 0 || *at >= walk->slot_end || stripe->entry >= stripe->entry_end ||
	    stripe->value >= stripe->value_end)
		return false;
	if (step->is_double) {
		size = **at == 0xcb ? 9 : 0;
		memcpy(&bits, *at + 1, sizeof bits);
		bits = be64toh(bits);
	} else {
		size = read_integer(*at, &integer);
		if (integer < step->low || integer > step->high)
			return false;
		bits = (uint64_t)integer;
	}
	if (size == 0)
		return false;
	/* The narrow form is the front of the wide one. */
	bits = htole64(bits);
	memcpy(stripe->value, &bits, sizeof bits);
	stripe->value += step->number_bytes;
	*stripe->entry++ = (uint16_t)(step->entry + rep);
	*at += size;
	return true;
}

/* Makes a neutral value of a head; the bytes of a text or of bytes are still ahead of *AT. */
static void
neutral(struct pack_value value, const uint8_t **at, struct scalar *scalar)
{
	scalar->kind = SCALAR_OTHER;
	scalar->name = pack_type_name(value.type);
	switch (value.type) {
	case PACK_BOOLEAN:
		scalar->kind = SCALAR_BOOLEAN;
		scalar->truth = value.truth;
		break;
	case PACK_UNSIGNED:
	case PACK_NEGATIVE:
		scalar->kind = SCALAR_INTEGER;
		scalar->integer.is_negative = value.type == PACK_NEGATIVE;
		scalar->integer.magnitude =
		    scalar->integer.is_negative ? 0 - (uint64_t)value.negative : value.number;
		break;
	case PACK_FLOAT:
	case PACK_DOUBLE:
		scalar->kind = SCALAR_REAL;
		scalar->real = value.real;
		break;
	case PACK_TEXT:
	case PACK_BYTES:
		scalar->kind = value.type == PACK_TEXT ? SCALAR_TEXT : SCALAR_BYTES;
		scalar->bytes = (struct view){*at, value.size};
		*at += value.size;
		break;
	default:
		break;
	}
}

/* Refuses a value that has no JSON text, perhaps only because it is cut off. */
static __attribute__((cold)) const uint8_t *
no_json(struct walk *walk, const struct step *step, const uint8_t *at)
{
	struct pack_reader reader = {at, walk->end};
	return pack_skip(&reader) ? walk_fail(walk, step, at) : cut_off(walk, step, at, "a value is");
}

/* Walks a value in a JSON leaf of a record with names, and takes its JSON text. */
static const uint8_t *
walk_as_json(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct pack_reader reader = {at, walk->end};
	buffer_clear(&walk->scratch);
	if (!json_from_pack(&reader, &walk->scratch, walk->error))
		return no_json(walk, step, at);
	struct scalar text = {SCALAR_TEXT, "JSON", .bytes = {walk->scratch.data, walk->scratch.size}};
	return walk_scalar(walk, step, rep, &text, at, reader.at);
}

static __attribute__((noinline)) const uint8_t *
walk_any_leaf(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (value.type == PACK_BROKEN)
		return wrong_value(walk, step, at, "a value is", value);
	if (step->leaf->logical.kind == LOGICAL_JSON && walk->rules != NULL &&
	    (value.type != PACK_TEXT || walk->rules->texts_are_values))
		return walk_as_json(walk, step, rep, at);
	struct scalar scalar;
	neutral(value, &reader.at, &scalar);
	return walk_scalar(walk, step, rep, &scalar, at, reader.at);
}

/* Walks a leaf that is not null. */
static __attribute__((noinline)) const uint8_t *
walk_leaf(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	return walk_number(walk, step, rep, &at) ? at : walk_any_leaf(walk, step, rep, at);
}

/* Walks a value that is not null, of any form. */
static inline const uint8_t *
walk_value(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	switch (step->form) {
	case FORM_LEAF:
		return walk_leaf(walk, step, rep, at);
	case FORM_STRUCT:
		return walk_struct(walk, step, rep, at);
	case FORM_LIST:
		return walk_array(walk, step, rep, at);
	case FORM_MAP:
		return walk_map(walk, step, rep, at);
	}
	return NULL;
}

/* Walks a field that is not repeated and not a short text: null, or its value. */
static inline const uint8_t *
walk_long_field(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if (at < walk->end && *at == 0xc0) {
		if (step->is_optional)
			return walk_nulls(walk, step, rep, step->max_def - 1u, at + 1);
		return walk_null(walk, step, rep, at);
	}
	return walk_value(walk, step, rep, at);
}

static inline const uint8_t *
walk_field(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	return walk_short_text(walk, step, rep, &at) ? at : walk_long_field(walk, step, rep, at);
}

/* ---- structs ---- */

/* Walks an unknown field, called NAME, whose value is at AT. */
static const uint8_t *
walk_unknown(struct walk *walk, const struct step *step, struct view name, const uint8_t *at)
{
	struct pack_reader reader = {at, walk->end};
	if (walk->rules->unknown == UNKNOWN_FAIL || walk->has_rest)
		return walk_unknown_field(walk, step, name, at);
	if (walk->rules->unknown == UNKNOWN_IGNORE)
		return pack_skip(&reader) ? reader.at : cut_off(walk, step, at, "a value is");
	struct buffer *text = &walk->scratch;
	buffer_clear(text);
	if (!json_escape(name, text, walk->error))
		return walk_fail(walk, step, at);
	size_t name_size = text->size;
	if (!json_from_pack(&reader, text, walk->error))
		return no_json(walk, step, at);
	struct view key = {text->data, name_size}, value = {text->data + name_size, text->size - name_size};
	return walk_keep(walk, step, key, value) ? reader.at : walk_fail(walk, step, at);
}

/* Reads the name of a field: *CHILD is its node, or 0; EXPECTED is the one that came here last time. */
static const uint8_t *
read_name(struct walk *walk, const struct step *step, uint32_t expected, const uint8_t *at, uint32_t *child,
    struct view *name)
{
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (value.type != PACK_TEXT)
		return wrong_value(walk, step, at, "the name of a field is", value);
	*name = (struct view){reader.at, value.size};
	const struct field_key *key = &walk->fields.keys[expected];
	*child = expected;
	if (expected == 0 || key->size != name->size + 3 ||
	    memcmp(key->text + 1, name->data, name->size) != 0)
		*child = fields_find(&walk->fields, step->node, *name);
	return reader.at + value.size;
}

/* Scans a struct beforehand, and notes where the last value of each field is. */
static bool
note_places(struct walk *walk, const struct step *step, const struct walk_struct *open, uint32_t count,
    const uint8_t *at)
{
	for (; count > 0; count--) {
		uint32_t child = 0;
		struct view name;
		if ((at = read_name(walk, step, 0, at, &child, &name)) == NULL)
			return false;
		if (child != 0)
			open->places[walk->fields.keys[child].ordinal] = at;
		struct pack_reader reader = {at, walk->end};
		if (!pack_skip(&reader))
			return cut_off(walk, step, at, "a value is") != NULL;
		at = reader.at;
	}
	return true;
}

/* Walks the value of the child STEP, unless the field comes again. */
static const uint8_t *
walk_member(
    struct walk *walk, struct walk_struct *open, const struct step *step, unsigned rep, const uint8_t *at)
{
	bool failed;
	if (walk_meet(walk, open, step, walk->fields.keys[step->node].ordinal, at, &failed))
		return step->is_repeated ? walk_array(walk, step, rep, at) : walk_field(walk, step, rep, at);
	struct pack_reader reader = {at, walk->end};
	if (failed)
		return NULL;
	return pack_skip(&reader) ? reader.at : cut_off(walk, step, at, "a value is");
}

/* Walks a struct that is a map of names to values, starting after its head. */
static const uint8_t *
walk_named(struct walk *walk, const struct step *step, unsigned rep, uint32_t count, const uint8_t *at)
{
	struct fields *fields = &walk->fields;
	struct walk_struct open = walk_begin_struct(walk, step);
	uint32_t *expected = &fields->first[step->node];
	if (walk->is_careful && !note_places(walk, step, &open, count, at))
		return NULL;
	for (; count > 0 && at != NULL; count--) {
		uint32_t child = 0;
		struct view name;
		if ((at = read_name(walk, step, *expected, at, &child, &name)) == NULL)
			return NULL;
		if (child == 0) {
			at = walk_unknown(walk, step, name, at);
			continue;
		}
		*expected = child;
		expected = &fields->next[child];
		at = walk_member(walk, &open, &walk->steps[child], rep, at);
	}
	return at != NULL ? walk_end_struct(walk, &open, step, rep, at) : NULL;
}

/*
 * Walks a struct with an unusual head.  *HAS_NAMES if it is a map, which is then
 * walked; otherwise returns the place after the head.
 */
static __attribute__((noinline)) const uint8_t *
walk_struct_head(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at, bool *has_names)
{
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	*has_names = value.type == PACK_MAP && walk->rules != NULL;
	if (*has_names)
		return walk_named(walk, step, rep, value.size, reader.at);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, step, at,
		    walk->rules != NULL ? "an array of fields or a map is" : "an array of fields is", value);
	if (value.size == step->child_count)
		return reader.at;
	return walk_refuse(
	    walk, step, at, "an array of %u fields is due, not of %u", step->child_count, value.size);
}

/* Inlined where most values are structs: for rows and in lists. */
static inline __attribute__((always_inline)) const uint8_t *
walk_struct_inline(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if (__builtin_expect(at < walk->slot_end && *at == step->struct_head, 1)) {
		at++;
	} else {
		bool has_names;
		at = walk_struct_head(walk, step, rep, at, &has_names);
		if (at == NULL || has_names)
			return at;
	}
	const struct step *child = step + 1;
	do {
		const struct step *texts_end = child + child->text_count;
		while (child < texts_end && walk_short_text(walk, child, rep, &at))
			child++;
		if (child == step->end)
			break;
		at = child->is_repeated ? walk_array(walk, child, rep, at)
		                        : walk_long_field(walk, child, rep, at);
		child = child->end;
	} while (at != NULL && child < step->end);
	return at;
}

static const uint8_t *
walk_struct(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	return walk_struct_inline(walk, step, rep, at);
}

/*
 * Walks an array of values of STEP's element, one for each repetition of the
 * field.  The first has the repetition level of what it is in, the others have
 * their own.
 */
static const uint8_t *
walk_array(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	const struct step *repeated = step->repeated, *element = step->element;
	const uint8_t *head = at;
	struct pack_value value = read_head(walk, &at);
	if (value.type != PACK_ARRAY)
		return wrong_value(walk, step, head, "an array is", value);
	if (value.size == 0)
		return walk_nulls(walk, repeated, rep, repeated->max_def - 1u, at);
	for (uint32_t i = 0; i < value.size && at != NULL; i++) {
		unsigned item_rep = i == 0 ? rep : repeated->max_rep;
		/* A repeated field that is itself the element cannot be null. */
		if (element->form == FORM_STRUCT && at < walk->end && *at != 0xc0)
			at = walk_struct_inline(walk, element, item_rep, at);
		else
			at = element == repeated ? walk_value(walk, element, item_rep, at)
			                         : walk_field(walk, element, item_rep, at);
	}
	return at;
}

/* Walks the value of a key; in a map without values, a set, it is nil. */
static const uint8_t *
walk_mapped(struct walk *walk, const struct step *repeated, unsigned rep, const uint8_t *at)
{
	const struct step *mapped = repeated[1].end;
	if (mapped < repeated->end)
		return walk_field(walk, mapped, rep, at);
	struct pack_reader reader = {at, walk->end};
	struct pack_value value = pack_read(&reader);
	if (value.type != PACK_NIL)
		return wrong_value(walk, repeated, at, "nil for the value of a set is", value);
	return reader.at;
}

/* Scans a map beforehand, and notes where the last value of each key is. */
static bool
note_keys(
    struct walk *walk, const struct step *key, uint32_t map, unsigned rep, uint32_t count, const uint8_t *at)
{
	for (; count > 0; count--) {
		size_t offset = stripe_value_bytes(key->stripes);
		if ((at = walk_field(walk, key, rep, at)) == NULL ||
		    !walk_note_key(walk, key, map, offset, at))
			return false;
		struct pack_reader reader = {at, walk->end};
		if (!pack_skip(&reader))
			return cut_off(walk, key, at, "a value is") != NULL;
		at = reader.at;
	}
	return true;
}

/* Walks a map in a record with names, whose keys must be distinct, starting after its head. */
static const uint8_t *
walk_unique(struct walk *walk, const struct step *repeated, unsigned rep, uint32_t count, const uint8_t *at)
{
	const struct step *key = repeated + 1;
	uint32_t map = walk->map_count++;
	if (walk->is_careful && !note_keys(walk, key, map, rep, count, at))
		return NULL;
	for (; count > 0 && at != NULL; count--) {
		bool failed;
		size_t offset = stripe_value_bytes(key->stripes);
		if ((at = walk_field(walk, key, rep, at)) == NULL)
			return NULL;
		if (walk_key_is_last(walk, key, map, offset, at, &failed)) {
			at = walk_mapped(walk, repeated, rep, at);
			rep = repeated->max_rep;
			continue;
		}
		struct pack_reader reader = {at, walk->end};
		if (failed)
			return NULL;
		walk_drop_key(key, offset);
		at = pack_skip(&reader) ? reader.at : cut_off(walk, key, at, "a value is");
	}
	return at;
}

static const uint8_t *
walk_map(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	const struct step *repeated = step->repeated;
	const uint8_t *head = at;
	struct pack_value value = read_head(walk, &at);
	if (value.type != PACK_MAP)
		return wrong_value(walk, step, head, "a map is", value);
	if (value.size == 0)
		return walk_nulls(walk, repeated, rep, repeated->max_def - 1u, at);
	if (walk->rules != NULL && repeated[1].form == FORM_LEAF && !repeated[1].is_repeated)
		return walk_unique(walk, repeated, rep, value.size, at);
	for (uint32_t i = 0; i < value.size && at != NULL; i++) {
		unsigned item_rep = i == 0 ? rep : repeated->max_rep;
		at = walk_field(walk, repeated + 1, item_rep, at);
		if (at != NULL)
			at = walk_mapped(walk, repeated, item_rep, at);
	}
	return at;
}

/* ---- records ---- */

static bool
is_array(uint8_t head)
{
	return (head & 0xf0u) == 0x90 || head == 0xdc || head == 0xdd;
}

const uint8_t *
walk_pack_record(struct walk *walk, const uint8_t *at)
{
	walk->slot_end = walk->end - at > STRIPE_SLOT ? walk->end - STRIPE_SLOT : at;
	walk_begin_record(walk);
	walk->has_rest = walk->rest_node != 0 && at < walk->end && is_array(*at);
	at = walk_struct(walk, walk->steps, 0, at);
	return at != NULL ? walk_end_record(walk, at) : NULL;
}

bool
walk_pack_rows(struct shredder *shredder, struct pack_reader *reader, uint64_t first_row, uint64_t rows,
    size_t target_bytes, uint64_t *done, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.walk");
	static const struct scalar_rules plain = {.texts_are_plain = true};
	const uint8_t *at = reader->at;
	bool roomy = reader->end - at > STRIPE_SLOT;
	struct walk walk = {.end = reader->end,
	    .slot_end = roomy ? reader->end - STRIPE_SLOT : at,
	    .scalars = &plain,
	    .memory_bytes = &shredder->memory_bytes,
	    .error = error};
	uint64_t row = 0;
	for (; row < rows; row++) {
		if (row % SIZE_CHECK_ROWS == 0 && shredder_body_bytes(shredder) >= target_bytes)
			break;
		at = walk_struct_inline(&walk, shredder->steps, 0, at);
		if (at == NULL)
			return shredder_name_failure(shredder, walk.failed_node, first_row + row, error);
	}
	reader->at = at;
	*done = row;
	return shredder_check_texts(shredder, first_row, error);
}
