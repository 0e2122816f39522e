#include "shred/walk_json.h"

#include "lib/base/scan.h"

#include <endian.h>

typedef const uint8_t *value_walker(
    struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at);

static value_walker walk_field, walk_value, walk_array, walk_map;

/* Refuses broken JSON, by walk->json.fault: perhaps the bytes only end here. */
static __attribute__((cold)) const uint8_t *
broken(struct walk *walk, const struct step *step)
{
	const struct json_fault *fault = &walk->json.fault;
	walk_refuse(
	    walk, step, fault->at, "%s due, not %s", fault->due, json_found(fault->at, walk->end).text);
	walk->problem = fault->at >= walk->end ? WALK_TRUNCATED : WALK_BROKEN;
	return NULL;
}

static __attribute__((cold)) const uint8_t *
not_due(struct walk *walk, const struct step *step, const uint8_t *at, const char *due)
{
	json_fail(&walk->json, at, due);
	return broken(walk, step);
}

/* Refuses a value of another kind than the field's. */
static __attribute__((cold)) const uint8_t *
wrong_kind(struct walk *walk, const struct step *step, const uint8_t *at, const char *due)
{
	const char *kind = json_kind(*at);
	if (kind == NULL)
		return not_due(walk, step, at, due);
	return walk_refuse(walk, step, at, "%s due, not %s", due, kind);
}

static inline const uint8_t *
blanks(const struct walk *walk, const uint8_t *at)
{
	return *at > ' ' ? at : json_blanks(&walk->json, at);
}

/* ---- texts ---- */

/*
 * The inside of the string whose opening quote is at AT, unescaped where it
 * must be: borrowed from the text, or from walk->scratch until the next one.
 */
static const uint8_t *
read_string(struct walk *walk, const struct step *step, const uint8_t *at, struct view *inside)
{
	bool escaped;
	const uint8_t *end = json_string_end(&walk->json, at + 1, &escaped);
	if (end == NULL)
		return broken(walk, step);
	*inside = (struct view){at + 1, (size_t)(end - at - 1)};
	if (!escaped)
		return end + 1;
	buffer_clear(&walk->scratch);
	if (!buffer_reserve(&walk->scratch, inside->size, walk->error))
		return walk_fail(walk, step, at);
	*inside = (struct view){walk->scratch.data, json_unescape(*inside, walk->scratch.data)};
	return end + 1;
}

/* Walks a text of any length, with or without escapes, and unescapes it right into the stripe. */
static __attribute__((noinline)) const uint8_t *
walk_long_text(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct stripe *stripe = step->stripes;
	bool escaped;
	const uint8_t *end = json_string_end(&walk->json, at + 1, &escaped);
	if (end == NULL)
		return broken(walk, step);
	struct view inside = {at + 1, (size_t)(end - at - 1)};
	if (!stripe_append_entry(stripe, rep, step->max_def, walk->memory_bytes, walk->error) ||
	    !stripe_reserve_values(stripe, inside.size + 4, walk->memory_bytes, walk->error))
		return walk_fail(walk, step, at);
	size_t size = inside.size;
	if (escaped)
		size = json_unescape(inside, stripe->value + 4);
	else
		memcpy(stripe->value + 4, inside.data, size);
	uint32_t length = htole32((uint32_t)size);
	memcpy(stripe->value, &length, 4);
	stripe->value += 4 + size;
	return end + 1;
}

/*
 * Walks a text whose opening quote is at AT.  Most are short and have no escapes:
 * they are copied while their end is searched for, and excess bytes are
 * overwritten by the next value.
 */
static inline const uint8_t *
walk_text(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct stripe *stripe = step->stripes;
	uint16_t *entry = stripe->entry;
	uint8_t *value = stripe->value;
	const uint8_t *text = at + 1;
	if (__builtin_expect(entry >= stripe->entry_end || value >= stripe->value_end, 0))
		return walk_long_text(walk, step, rep, at);
	memcpy(value + 4, text, SCAN_BYTES);
	uint32_t special = scan_special(text);
	if (special == 0) {
		memcpy(value + 4 + SCAN_BYTES, text + SCAN_BYTES, SCAN_BYTES);
		special = scan_special(text + SCAN_BYTES) << SCAN_BYTES;
	}
	size_t size = special != 0 ? (size_t)__builtin_ctz(special) : 0;
	if (__builtin_expect(text[size] != '"', 0))
		return walk_long_text(walk, step, rep, at);
	uint32_t length = htole32((uint32_t)size);
	memcpy(value, &length, 4);
	stripe->value = value + 4 + size;
	*entry = (uint16_t)(step->entry + rep);
	stripe->entry = entry + 1;
	return text + size + 1;
}

/* Whether a leaf takes a text's characters as they are. */
static inline bool
takes_text(const struct walk *walk, const struct step *step)
{
	const struct schema_node *leaf = step->leaf;
	if (step->form != FORM_LEAF || leaf->physical != PHYSICAL_BYTE_ARRAY)
		return false;
	return leaf->logical.kind == LOGICAL_STRING || leaf->logical.kind == LOGICAL_ENUM ||
	       ((leaf->logical.kind == LOGICAL_NONE || leaf->logical.kind == LOGICAL_BSON) &&
		   walk->scalars->binary == BINARY_UTF8);
}

/* ---- leaves ---- */

/* Walks any value, and takes its JSON text. */
static const uint8_t *
walk_verbatim(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	const uint8_t *end = json_skip(&walk->json, at);
	if (end == NULL)
		return broken(walk, step);
	struct scalar scalar = {SCALAR_TEXT, "JSON", .bytes = {at, (size_t)(end - at)}};
	return walk_scalar(walk, step, rep, &scalar, at, end);
}

static const uint8_t *
walk_number(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct scalar scalar = {.kind = SCALAR_NUMBER, .name = "a number"};
	const uint8_t *end = json_number(&walk->json, at, &scalar.number);
	return end != NULL ? walk_scalar(walk, step, rep, &scalar, at, end) : broken(walk, step);
}

/* Walks a leaf that is not null. */
static __attribute__((noinline)) const uint8_t *
walk_leaf(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct scalar scalar = {.kind = SCALAR_OTHER, .name = json_kind(*at)};
	const uint8_t *end = at;
	if (step->leaf->logical.kind == LOGICAL_JSON)
		return walk_verbatim(walk, step, rep, at);
	switch (*at) {
	case '"':
		scalar.kind = SCALAR_TEXT;
		if ((end = read_string(walk, step, at, &scalar.bytes)) == NULL)
			return NULL;
		break;
	case 't':
	case 'f':
		scalar.kind = SCALAR_BOOLEAN;
		scalar.truth = *at == 't';
		if ((end = json_word(&walk->json, at)) == NULL)
			return broken(walk, step);
		break;
	case '{':
	case '[':
	case 'n':
		break;
	default:
		if (scalar.name == NULL)
			return not_due(walk, step, at, "a value is");
		return walk_number(walk, step, rep, at);
	}
	return walk_scalar(walk, step, rep, &scalar, at, end);
}

/* ---- structs ---- */

/* Walks an unknown field; NAME is the inside of its key, and its value is at AT. */
static const uint8_t *
walk_unknown(struct walk *walk, const struct step *step, struct view name, const uint8_t *at)
{
	if (walk->rules->unknown == UNKNOWN_FAIL)
		return walk_unknown_field(walk, step, name, name.data);
	const uint8_t *end = json_skip(&walk->json, at);
	if (end == NULL)
		return broken(walk, step);
	if (walk->rules->unknown == UNKNOWN_KEEP &&
	    !walk_keep(walk, step, name, (struct view){at, (size_t)(end - at)}))
		return walk_fail(walk, step, at);
	return end;
}

/* Reads any key, even with blanks or escapes, or an unexpected one: *CHILD is its node, or 0. */
static __attribute__((noinline)) const uint8_t *
read_key(struct walk *walk, const struct step *step, const uint8_t *at, uint32_t *child, struct view *inside)
{
	struct view name;
	if (*at != '"')
		return not_due(walk, step, at, "a key in quotes is");
	const uint8_t *behind = read_string(walk, step, at, &name);
	if (behind == NULL)
		return NULL;
	*child = fields_find(&walk->fields, step->node, name);
	*inside = (struct view){at + 1, (size_t)(behind - at - 2)};
	at = blanks(walk, behind);
	return *at == ':' ? blanks(walk, at + 1) : not_due(walk, step, at, "a ':' is");
}

/* After a member: the next key, or the closing bracket, which is not passed. */
static inline const uint8_t *
next_member(struct walk *walk, const struct step *step, const uint8_t *at)
{
	at = blanks(walk, at);
	if (*at == '}')
		return at;
	if (*at != ',')
		return not_due(walk, step, at, "a ',' or '}' is");
	at = blanks(walk, at + 1);
	return *at == '"' ? at : not_due(walk, step, at, "a key in quotes is");
}

/* Scans a struct beforehand, and notes where the last value of each field is. */
static bool
note_places(struct walk *walk, const struct step *step, const struct walk_struct *open, const uint8_t *at)
{
	while (*at != '}') {
		uint32_t child;
		struct view inside;
		if ((at = read_key(walk, step, at, &child, &inside)) == NULL)
			return false;
		if (child != 0)
			open->places[walk->fields.keys[child].ordinal] = at;
		if ((at = json_skip(&walk->json, at)) == NULL)
			return broken(walk, step) != NULL;
		if ((at = next_member(walk, step, at)) == NULL)
			return false;
	}
	return true;
}

/* Walks the value of the child STEP, unless the field comes again. */
static inline const uint8_t *
walk_member(struct walk *walk, struct walk_struct *open, const struct step *step, uint32_t ordinal,
    unsigned rep, const uint8_t *at)
{
	bool failed;
	if (__builtin_expect(walk_meet(walk, open, step, ordinal, at, &failed), 1))
		return step->text_heads != 0 && *at == '"' ? walk_text(walk, step, rep, at)
		                                           : walk_field(walk, step, rep, at);
	if (failed)
		return NULL;
	at = json_skip(&walk->json, at);
	return at != NULL ? at : broken(walk, step);
}

/* Walks a struct, starting after its opening bracket. */
static const uint8_t *
walk_struct(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct fields *fields = &walk->fields;
	struct walk_struct open = walk_begin_struct(walk, step);
	uint32_t *expected = &fields->first[step->node];
	at = blanks(walk, at);
	if (walk->is_careful && !note_places(walk, step, &open, at))
		return NULL;
	while (*at != '}') {
		uint32_t child = *expected;
		const struct field_key *key = &fields->keys[child];
		struct view inside;
		if (__builtin_expect(field_key_matches(key, at), 1)) {
			at = blanks(walk, at + key->size);
		} else {
			if ((at = read_key(walk, step, at, &child, &inside)) == NULL)
				return NULL;
			if (child != 0)
				*expected = child;
		}
		if (child != 0) {
			expected = &fields->next[child];
			at = walk_member(
			    walk, &open, &walk->steps[child], fields->keys[child].ordinal, rep, at);
		} else {
			at = walk_unknown(walk, step, inside, at);
		}
		if (at == NULL)
			return NULL;
		if (__builtin_expect(*at == ',' && at[1] == '"', 1))
			at++;
		else if ((at = next_member(walk, step, at)) == NULL)
			return NULL;
	}
	return walk_end_struct(walk, &open, step, rep, at + 1);
}

/* ---- lists ---- */

/* After an element: the next one, or the closing bracket, which is not passed. */
static inline const uint8_t *
next_element(struct walk *walk, const struct step *step, const uint8_t *at)
{
	at = blanks(walk, at);
	if (*at == ']')
		return at;
	if (*at != ',')
		return not_due(walk, step, at, "a ',' or ']' is");
	at = blanks(walk, at + 1);
	return *at != ']' ? at : not_due(walk, step, at, "a value is");
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
	if (*at != '[')
		return wrong_kind(walk, step, at, "an array is");
	at = blanks(walk, at + 1);
	if (*at == ']')
		return walk_nulls(walk, repeated, rep, repeated->max_def - 1u, at + 1);
	while (*at != ']') {
		/* A repeated field that is itself the element cannot be null. */
		at = element == repeated ? walk_value(walk, element, rep, at)
		                         : walk_field(walk, element, rep, at);
		if (at == NULL || (at = next_element(walk, step, at)) == NULL)
			return NULL;
		rep = repeated->max_rep;
	}
	return at + 1;
}

/* ---- maps ---- */

/* Whether the text of a key is a written value of such a leaf, and not its characters. */
static bool
is_written(const struct schema_node *leaf)
{
	switch (leaf->physical) {
	case PHYSICAL_INT32:
	case PHYSICAL_INT64:
	case PHYSICAL_FLOAT:
	case PHYSICAL_DOUBLE:
		return true;
	default:
		return leaf->logical.kind == LOGICAL_FLOAT16 || leaf->logical.kind == LOGICAL_DECIMAL;
	}
}

/* Walks the key whose opening quote is at AT. */
static const uint8_t *
walk_key(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	struct scalar scalar = {.kind = SCALAR_TEXT, .name = "a key"};
	struct view text;
	struct number number;
	if (*at != '"')
		return not_due(walk, step, at, "a key in quotes is");
	if (takes_text(walk, step))
		return walk_text(walk, step, rep, at);
	const uint8_t *end = read_string(walk, step, at, &text);
	if (end == NULL)
		return NULL;
	scalar.bytes = text;
	if (step->leaf->physical == PHYSICAL_BOOLEAN) {
		scalar.truth = text.size == 4 && memcmp(text.data, "true", 4) == 0;
		if (scalar.truth || (text.size == 5 && memcmp(text.data, "false", 5) == 0))
			scalar.kind = SCALAR_BOOLEAN;
	} else if (is_written(step->leaf) && number_read_all(text, &number)) {
		scalar.kind = SCALAR_NUMBER;
		scalar.number = number;
	}
	return walk_scalar(walk, step, rep, &scalar, at, end);
}

/* Walks a key and its colon. */
static const uint8_t *
walk_key_and_colon(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if ((at = walk_key(walk, step, rep, at)) == NULL)
		return NULL;
	at = blanks(walk, at);
	return *at == ':' ? blanks(walk, at + 1) : not_due(walk, step, at, "a ':' is");
}

/* Scans a map beforehand, and notes where the last value of each key is. */
static bool
note_keys(struct walk *walk, const struct step *key, uint32_t map, unsigned rep, const uint8_t *at)
{
	while (*at != '}') {
		size_t offset = stripe_value_bytes(key->stripes);
		if ((at = walk_key_and_colon(walk, key, rep, at)) == NULL ||
		    !walk_note_key(walk, key, map, offset, at))
			return false;
		if ((at = json_skip(&walk->json, at)) == NULL)
			return broken(walk, key) != NULL;
		if ((at = next_member(walk, key, at)) == NULL)
			return false;
	}
	return true;
}

/* Walks the value of a key; in a map without values, a set, it is null. */
static const uint8_t *
walk_mapped(struct walk *walk, const struct step *repeated, unsigned rep, const uint8_t *at)
{
	const struct step *mapped = repeated[1].end;
	if (mapped < repeated->end)
		return walk_field(walk, mapped, rep, at);
	if (*at != 'n')
		return wrong_kind(walk, repeated, at, "null for the value of a set is");
	at = json_word(&walk->json, at);
	return at != NULL ? at : broken(walk, repeated);
}

/* Walks a map that is an object with at least one member, starting after its opening bracket. */
static const uint8_t *
walk_object(struct walk *walk, const struct step *repeated, unsigned rep, const uint8_t *at)
{
	const struct step *key = repeated + 1;
	uint32_t map = walk->map_count++;
	if (walk->is_careful && !note_keys(walk, key, map, rep, at))
		return NULL;
	for (;;) {
		bool failed;
		size_t offset = stripe_value_bytes(key->stripes);
		if ((at = walk_key_and_colon(walk, key, rep, at)) == NULL)
			return NULL;
		if (walk_key_is_last(walk, key, map, offset, at, &failed)) {
			at = walk_mapped(walk, repeated, rep, at);
			rep = repeated->max_rep;
		} else {
			if (failed)
				return NULL;
			walk_drop_key(key, offset);
			if ((at = json_skip(&walk->json, at)) == NULL)
				return broken(walk, repeated);
		}
		if (at == NULL || (at = next_member(walk, repeated, at)) == NULL)
			return NULL;
		if (*at == '}')
			return at + 1;
	}
}

/* Walks a map, which is an object, or an array of objects that have a key and a value. */
static const uint8_t *
walk_map(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	const struct step *repeated = step->repeated;
	if (*at == '[')
		return walk_array(walk, step, rep, at);
	if (*at != '{')
		return wrong_kind(walk, step, at, "an object is");
	at = blanks(walk, at + 1);
	if (*at == '}')
		return walk_nulls(walk, repeated, rep, repeated->max_def - 1u, at + 1);
	if (repeated[1].form != FORM_LEAF || repeated[1].is_repeated)
		return walk_refuse(walk, step, at,
		    "the keys of this map are no texts; an array of objects with key and value is due");
	return walk_object(walk, repeated, rep, at);
}

/* ---- fields and records ---- */

/* Walks a value that is not null, of any form. */
static const uint8_t *
walk_value(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	switch (step->form) {
	case FORM_LEAF:
		return *at == '"' && takes_text(walk, step) ? walk_text(walk, step, rep, at)
		                                            : walk_leaf(walk, step, rep, at);
	case FORM_STRUCT:
		return *at == '{' ? walk_struct(walk, step, rep, at + 1)
		                  : wrong_kind(walk, step, at, "an object is");
	case FORM_LIST:
		return walk_array(walk, step, rep, at);
	case FORM_MAP:
		return walk_map(walk, step, rep, at);
	}
	return NULL;
}

static bool
keeps_null(const struct step *step)
{
	return !step->is_optional && step->form == FORM_LEAF && step->leaf->logical.kind == LOGICAL_JSON;
}

static const uint8_t *
walk_field(struct walk *walk, const struct step *step, unsigned rep, const uint8_t *at)
{
	if (step->is_repeated)
		return walk_array(walk, step, rep, at);
	if (*at != 'n' || keeps_null(step))
		return walk_value(walk, step, rep, at);
	const uint8_t *end = json_word(&walk->json, at);
	return end != NULL ? walk_null(walk, step, rep, end) : broken(walk, step);
}

const uint8_t *
walk_json_record(struct walk *walk, const uint8_t *at)
{
	const struct step *root = walk->steps;
	walk_begin_record(walk);
	if (*at != '{')
		return wrong_kind(walk, root, at, "an object is");
	at = walk_struct(walk, root, 0, at + 1);
	return at != NULL ? walk_end_record(walk, at) : NULL;
}
