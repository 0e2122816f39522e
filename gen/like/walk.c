#include "gen/like/walk.h"

#include "lib/base/program.h"
#include "lib/base/utf8.h"

struct walk {
	struct profile *profile;
	const struct guess *guess;
	struct json json;
	struct buffer scratch; /* a string unescaped */
	struct nest_error *error;
	bool has_failed; /* not by the record's fault: ERROR says how */
};

static const uint8_t *walk_value(struct walk *walk, uint32_t node, const uint8_t *at);

/* AT, or NULL if not FINE. */
static const uint8_t *
unless_failed(struct walk *walk, bool fine, const uint8_t *at)
{
	walk->has_failed |= !fine;
	return fine ? at : json_fail(&walk->json, at, "memory is");
}

/* The inside of the string whose opening quote is at AT; valid until the next one. */
static const uint8_t *
read_string(struct walk *walk, const uint8_t *at, struct view *inside)
{
	bool escaped;
	const uint8_t *end = json_string_end(&walk->json, at + 1, &escaped);
	if (end == NULL)
		return NULL;
	*inside = (struct view){at + 1, (size_t)(end - at - 1)};
	if (!escaped)
		return end + 1;
	if (!buffer_reserve(&walk->scratch, inside->size, walk->error))
		return unless_failed(walk, false, at);
	*inside = (struct view){walk->scratch.data, json_unescape(*inside, walk->scratch.data)};
	return end + 1;
}

static const uint8_t *
walk_string(struct walk *walk, uint32_t node, const uint8_t *at)
{
	struct view text;
	if ((at = read_string(walk, at, &text)) == NULL)
		return NULL;
	return unless_failed(walk, profile_add_text(walk->profile, node, text, walk->error), at);
}

/* Digits after the point, and whether there is an exponent. */
static void
note_digits(struct profile_node *node, const uint8_t *at, const uint8_t *end)
{
	unsigned digits = 0;
	bool is_behind = false;
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		digits += is_behind;
		is_behind |= *at == '.';
	}
	node->is_rough |= at < end;
	node->digits = digits > node->digits ? digits : node->digits;
}

static const uint8_t *
walk_number(struct walk *walk, uint32_t node, const uint8_t *at)
{
	struct number number;
	struct profile_node *seen = &walk->profile->nodes[node];
	const char *annotation, *leaf = guess_leaf(&walk->guess->nodes[node], false, &annotation);
	const uint8_t *end = json_number(&walk->json, at, &number);
	uint64_t magnitude = 0;
	int64_t value;
	if (end == NULL)
		return NULL;
	if (leaf != NULL && strcmp(leaf, "int64") == 0) {
		number_integer(&number, &magnitude);
		magnitude = magnitude > INT64_MAX ? INT64_MAX : magnitude;
		value = number.is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
	} else {
		note_digits(seen, at, end);
		value = spread_of_double(number_double(&number));
	}
	return unless_failed(walk, profile_add_number(walk->profile, node, value, walk->error), end);
}

/* A key and its colon; *CHILD is its field, 0 if it has none. */
static const uint8_t *
walk_key(struct walk *walk, uint32_t node, const uint8_t *at, uint32_t *child)
{
	struct view name;
	if (*at != '"')
		return json_fail(&walk->json, at, "a key in quotes is");
	if ((at = read_string(walk, at, &name)) == NULL)
		return NULL;
	*child = guess_find(walk->guess, node, name);
	if (walk->guess->nodes[node].is_map && !profile_add_key(walk->profile, node, name, walk->error))
		return unless_failed(walk, false, at);
	at = json_blanks(&walk->json, at);
	return *at == ':' ? json_blanks(&walk->json, at + 1) : json_fail(&walk->json, at, "a ':' is");
}

/* Walks the members of an object or the elements of an array, starting after the bracket; counts them. */
static const uint8_t *
walk_members(struct walk *walk, uint32_t node, const uint8_t *at, bool is_object, uint64_t *count)
{
	const uint8_t close = is_object ? '}' : ']';
	struct json *json = &walk->json;
	at = json_blanks(json, at);
	for (*count = 0; *at != close || *count > 0; ++*count) {
		uint32_t child = walk->guess->nodes[node].first_child;
		if (is_object && (at = walk_key(walk, node, at, &child)) == NULL)
			return NULL;
		at = child != 0 ? walk_value(walk, child, at) : json_skip(json, at);
		if (at == NULL)
			return NULL;
		at = json_blanks(json, at);
		if (*at == close) {
			++*count;
			break;
		}
		if (*at != ',')
			return json_fail(json, at, is_object ? "a ',' or '}' is" : "a ',' or ']' is");
		at = json_blanks(json, at + 1);
	}
	return at + 1;
}

/* A list, a map or an object. */
static const uint8_t *
walk_group(struct walk *walk, uint32_t node, const uint8_t *at)
{
	const struct guess_node *guessed = &walk->guess->nodes[node];
	bool is_object = *at == '{';
	uint64_t count;
	if ((at = walk_members(walk, node, at + 1, is_object, &count)) == NULL)
		return NULL;
	if (is_object && !guessed->is_map) {
		walk->profile->nodes[node].values++;
		return at;
	}
	return unless_failed(walk, profile_add_length(walk->profile, node, count, walk->error), at);
}

static const uint8_t *
walk_json(struct walk *walk, uint32_t node, const uint8_t *at)
{
	const uint8_t *end = json_skip(&walk->json, at);
	struct view text = {at, end != NULL ? (size_t)(end - at) : 0};
	if (end == NULL || *at == 'n')
		return end;
	return unless_failed(walk, profile_add_json(walk->profile, node, text, walk->error), end);
}

static const uint8_t *
walk_boolean(struct walk *walk, uint32_t node, const uint8_t *at)
{
	struct profile_node *seen = &walk->profile->nodes[node];
	seen->values++;
	seen->trues += *at == 't';
	return json_word(&walk->json, at);
}

/* Values are those that the tree was made from; if the file has changed since, they may be anything. */
static const uint8_t *
walk_value(struct walk *walk, uint32_t node, const uint8_t *at)
{
	const char *annotation;
	const struct guess_node *guessed = &walk->guess->nodes[node];
	const char *leaf = guess_leaf(guessed, false, &annotation);
	bool is_number = *at == '-' || (uint8_t)(*at - '0') < 10;
	if (leaf != NULL && strcmp(annotation, " (JSON)") == 0)
		return walk_json(walk, node, at);
	if (leaf == NULL &&
	    ((*at == '{' && guessed->kinds == GUESS_OBJECT) || (*at == '[' && guessed->kinds == GUESS_ARRAY)))
		return walk_group(walk, node, at);
	if (*at == '"' && guessed->kinds == GUESS_STRING)
		return walk_string(walk, node, at);
	if ((*at == 't' || *at == 'f') && guessed->kinds == GUESS_BOOLEAN)
		return walk_boolean(walk, node, at);
	if (is_number && (guessed->kinds & ~(uint32_t)(GUESS_INTEGER | GUESS_REAL)) == 0)
		return walk_number(walk, node, at);
	return json_skip(&walk->json, at);
}

static bool
refuse(struct reader *reader, const uint8_t *at, const char *sentence, struct nest_error *error)
{
	nest_error_set(error, NEST_INVALID, "%s", sentence);
	return reader_prefix(reader, at, "", error);
}

static bool
walk_record(struct walk *walk, struct reader *reader, size_t size)
{
	const uint8_t *at = reader->window.bytes + reader->window.at;
	uint64_t count;
	walk->json.spans_lines = reader_spans_lines(reader);
	if (!utf8_valid(at, size) || *at != '{' ||
	    (walk_members(walk, 0, at + 1, true, &count) == NULL && !walk->has_failed))
		return refuse(reader, at, "the sample has changed while it was read", walk->error);
	return !walk->has_failed;
}

static bool
walk_all(struct walk *walk, struct reader *reader)
{
	for (;;) {
		bool found;
		size_t size;
		if (!reader_find(reader, &found, walk->error))
			return false;
		if (!found)
			return true;
		if (program_interrupted())
			return program_interrupt_error(walk->error);
		if (!reader_measure(reader, &size, walk->error)) {
			const uint8_t *at = reader->window.bytes + reader->window.at;
			return walk->error->status != NEST_OK
			           ? false
			           : refuse(
					 reader, at, "the sample has changed while it was read", walk->error);
		}
		if (!walk_record(walk, reader, size))
			return false;
		reader_step(reader, size);
		walk->profile->records++;
		walk->profile->nodes[0].values++;
	}
}

bool
walk_records(struct profile *profile, struct reader *reader, struct nest_error *error)
{
	struct walk walk = {.profile = profile, .guess = profile->guess, .error = error};
	bool fine = walk_all(&walk, reader);
	buffer_free(&walk.scratch);
	return fine;
}
