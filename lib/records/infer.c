#include "lib/records/infer.h"

#include "lib/base/pack.h"
#include "lib/base/program.h"
#include "lib/base/utf8.h"
#include "lib/records/guess.h"

#include <math.h>
#include <stdio.h>

enum {
	KEPT_MOST = 48 << 20, /* bytes of an input that is read once, looked at before any is shredded */
	WARNINGS_MOST = 20,
};

struct look {
	struct guess guess;
	struct json json;
	struct buffer scratch; /* a string unescaped */
	struct nest_error *error;
	bool has_failed; /* no fault of the record's: ERROR says what */
	bool dates;
};

static bool
failed(struct look *look)
{
	look->has_failed = true;
	return false;
}

/* ---- JSON ---- */

static const uint8_t *look_at_json(struct look *look, uint32_t node, const uint8_t *at);

/* The inside of the string whose opening quote is at AT; it lives until the next one. */
static const uint8_t *
read_string(struct look *look, const uint8_t *at, struct view *inside)
{
	bool escaped;
	const uint8_t *end = json_string_end(&look->json, at + 1, &escaped);
	if (end == NULL)
		return NULL;
	*inside = (struct view){at + 1, (size_t)(end - at - 1)};
	if (!escaped)
		return end + 1;
	buffer_clear(&look->scratch);
	if (!buffer_reserve(&look->scratch, inside->size, look->error)) {
		failed(look);
		return json_fail(&look->json, at, "memory is");
	}
	*inside = (struct view){look->scratch.data, json_unescape(*inside, look->scratch.data)};
	return end + 1;
}

enum { SURE_EXPONENT = 280 }; /* with 19 digits before it, a double holds the number */

/* Whether the nearest double is infinite. */
static bool
is_beyond(const struct number *number)
{
	return (!number->is_short || number->exponent > SURE_EXPONENT) && isinf(number_double(number));
}

static const uint8_t *
look_at_number(struct look *look, uint32_t node, const uint8_t *at)
{
	struct number number;
	uint64_t magnitude = 0;
	const uint8_t *end = json_number(&look->json, at, &number);
	if (end == NULL)
		return NULL;
	look->guess.nodes[node].is_beyond |= is_beyond(&number);
	for (; at < end; at++)
		if (*at == '.' || *at == 'e' || *at == 'E') {
			look->guess.nodes[node].kinds |= GUESS_REAL;
			return end;
		}
	bool fits = number_integer(&number, &magnitude);
	guess_integer(&look->guess, node, fits, magnitude, number.is_negative);
	return end;
}

/* A key and its colon; *CHILD is its field, 0 if it has none. */
static const uint8_t *
look_at_key(struct look *look, uint32_t node, const uint8_t *at, uint32_t *child)
{
	struct view name;
	if (*at != '"')
		return json_fail(&look->json, at, "a key in quotes is");
	if ((at = read_string(look, at, &name)) == NULL)
		return NULL;
	if (!guess_field(&look->guess, node, name, child, look->error)) {
		failed(look);
		return json_fail(&look->json, at, "memory is");
	}
	at = json_blanks(&look->json, at);
	return *at == ':' ? json_blanks(&look->json, at + 1) : json_fail(&look->json, at, "a ':' is");
}

static const uint8_t *
look_at_element(struct look *look, uint32_t node, const uint8_t *at, uint32_t *child)
{
	if (guess_element(&look->guess, node, child, look->error))
		return at;
	failed(look);
	return json_fail(&look->json, at, "memory is");
}

/* The members of an object or the elements of an array, starting after the opening bracket. */
static const uint8_t *
look_at_members(struct look *look, uint32_t node, const uint8_t *at, bool is_object)
{
	const uint8_t close = is_object ? '}' : ']';
	struct json *json = &look->json;
	look->guess.nodes[node].kinds |= is_object ? GUESS_OBJECT : GUESS_ARRAY;
	at = json_blanks(json, at);
	if (*at == close)
		return at + 1;
	for (;;) {
		uint32_t child;
		at =
		    is_object ? look_at_key(look, node, at, &child) : look_at_element(look, node, at, &child);
		if (at == NULL)
			return NULL;
		/* What is JSON text already is only stepped over. */
		at = child != 0 ? look_at_json(look, child, at) : json_skip(json, at);
		if (at == NULL)
			return NULL;
		at = json_blanks(json, at);
		if (*at == close)
			return at + 1;
		if (*at != ',')
			return json_fail(json, at, is_object ? "a ',' or '}' is" : "a ',' or ']' is");
		at = json_blanks(json, at + 1);
	}
}

static const uint8_t *
look_at_string(struct look *look, uint32_t node, const uint8_t *at)
{
	struct view text;
	if ((at = read_string(look, at, &text)) == NULL)
		return NULL;
	if (look->dates)
		guess_string(&look->guess, node, text);
	look->guess.nodes[node].kinds |= GUESS_STRING;
	return at;
}

static const uint8_t *
look_at_json(struct look *look, uint32_t node, const uint8_t *at)
{
	switch (*at) {
	case '{':
	case '[':
		return look_at_members(look, node, at + 1, *at == '{');
	case '"':
		return look_at_string(look, node, at);
	case 't':
	case 'f':
		look->guess.nodes[node].kinds |= GUESS_BOOLEAN;
		return json_word(&look->json, at);
	case 'n':
		return json_word(&look->json, at);
	default:
		if (*at == '-' || (uint8_t)(*at - '0') < 10)
			return look_at_number(look, node, at);
		return json_fail(&look->json, at, "a value is");
	}
}

/* ---- msgpack ---- */

static bool look_at_pack(struct look *look, uint32_t node, struct pack_reader *reader);

static bool
look_at_map(struct look *look, uint32_t node, struct pack_reader *reader, uint32_t count)
{
	look->guess.nodes[node].kinds |= GUESS_OBJECT;
	for (; count > 0; count--) {
		struct pack_reader key = *reader;
		struct pack_value name = pack_read(reader);
		uint32_t child = 0;
		if (name.type == PACK_TEXT) {
			if (!guess_field(&look->guess, node, (struct view){reader->at, name.size}, &child,
				look->error))
				return failed(look);
			reader->at += name.size;
		} else {
			/* A map whose keys are no names has no fields. */
			look->guess.nodes[node].kinds |= GUESS_JSON;
			*reader = key;
			if (!pack_skip(reader))
				return false;
		}
		if (!(child != 0 ? look_at_pack(look, child, reader) : pack_skip(reader)))
			return false;
	}
	return true;
}

static bool
look_at_array(struct look *look, uint32_t node, struct pack_reader *reader, uint32_t count)
{
	look->guess.nodes[node].kinds |= GUESS_ARRAY;
	for (; count > 0; count--) {
		uint32_t child;
		if (!guess_element(&look->guess, node, &child, look->error))
			return failed(look);
		if (!(child != 0 ? look_at_pack(look, child, reader) : pack_skip(reader)))
			return false;
	}
	return true;
}

/* An integer of msgpack: unlike one in digits, it is not rounded for a double. */
static void
look_at_integer(struct guess *guess, uint32_t node, uint64_t magnitude, bool is_negative)
{
	guess_integer(guess, node, true, magnitude, is_negative);
	guess->nodes[node].is_beyond |= magnitude > NUMBER_DOUBLE_EXACT;
}

static bool
look_at_pack(struct look *look, uint32_t node, struct pack_reader *reader)
{
	struct guess *guess = &look->guess;
	struct pack_value value = pack_read(reader);
	struct view text = {reader->at, value.size};
	switch (value.type) {
	case PACK_NIL:
		return true;
	case PACK_BOOLEAN:
		guess->nodes[node].kinds |= GUESS_BOOLEAN;
		return true;
	case PACK_UNSIGNED:
		look_at_integer(guess, node, value.number, false);
		return true;
	case PACK_NEGATIVE:
		look_at_integer(guess, node, 0 - (uint64_t)value.negative, true);
		return true;
	case PACK_FLOAT:
	case PACK_DOUBLE:
		guess->nodes[node].kinds |= GUESS_REAL;
		return true;
	case PACK_TEXT:
		reader->at += value.size;
		guess->nodes[node].kinds |= GUESS_STRING;
		if (look->dates)
			guess_string(guess, node, text);
		return true;
	case PACK_BYTES:
		reader->at += value.size;
		guess->nodes[node].kinds |= GUESS_BYTES;
		return true;
	case PACK_ARRAY:
		return look_at_array(look, node, reader, value.size);
	case PACK_MAP:
		return look_at_map(look, node, reader, value.size);
	case PACK_EXTENSION:
	case PACK_BROKEN:
		break;
	}
	return false;
}

/* ---- records ---- */

/* Fills ERROR with what is wrong at AT; always false. */
static bool
refuse(struct look *look, struct reader *reader, const uint8_t *at, const char *sentence)
{
	nest_error_set(look->error, NEST_INVALID, "%s", sentence);
	return reader_prefix(reader, at, "", look->error);
}

static bool
look_at_pack_record(struct look *look, struct reader *reader, const uint8_t *at, const uint8_t *end)
{
	struct pack_reader pack = {at, end};
	struct pack_value value = pack_read(&pack);
	if (value.type != PACK_MAP)
		return refuse(look, reader, at,
		    "a map of names to values is due where no schema is given; --schema would name the "
		    "fields");
	return look_at_map(look, 0, &pack, value.size) || look->has_failed ||
	       refuse(look, reader, at, "the record is broken");
}

static bool
look_at_json_record(struct look *look, struct reader *reader, const uint8_t *at, const uint8_t *end)
{
	char sentence[128];
	const uint8_t *fault = utf8_fault(at, (size_t)(end - at));
	look->json.spans_lines = reader_spans_lines(reader);
	if (fault != NULL)
		return refuse(look, reader, fault, "the text is not UTF-8");
	const uint8_t *behind =
	    *at == '{' ? look_at_members(look, 0, at + 1, true) : json_fail(&look->json, at, "an object is");
	if (behind != NULL || look->has_failed)
		return !look->has_failed;
	fault = look->json.fault.at;
	snprintf(
	    sentence, sizeof sentence, "%s due, not %s", look->json.fault.due, json_found(fault, end).text);
	return refuse(look, reader, fault, sentence);
}

/* The record at window.at, of which all bytes are here. */
static bool
look_at_record(struct look *look, struct reader *reader, size_t size)
{
	const uint8_t *at = reader->window.bytes + reader->window.at, *end = at + size;
	return reader->format == FORMAT_MSGPACK ? look_at_pack_record(look, reader, at, end)
	                                        : look_at_json_record(look, reader, at, end);
}

/* As many records of one file as OPTIONS want; *COUNT is how many of all files so far. */
static bool
look_at_file(
    struct look *look, struct reader *reader, const struct infer_options *options, uint64_t *count, bool *all)
{
	for (;;) {
		bool found;
		size_t size;
		if (!reader_find(reader, &found, look->error))
			return false;
		if (!found)
			return true;
		bool is_full = reader->window.is_kept && reader->window.at > KEPT_MOST;
		if (is_full || (options->rows > 0 && *count == options->rows)) {
			*all = false;
			return true;
		}
		if (program_interrupted())
			return program_interrupt_error(look->error);
		if (!reader_measure(reader, &size, look->error)) {
			if (look->error->status != NEST_OK)
				return false;
			/* It cannot be stepped over; what is wrong is found by looking. */
			size = reader->window.size - reader->window.at;
			return look_at_record(look, reader, size) &&
			       refuse(look, reader, reader->window.bytes + reader->window.at,
				   "the record is broken");
		}
		if (!look_at_record(look, reader, size) && (look->has_failed || !options->skips_wrong))
			return false;
		reader_step(reader, size);
		++*count;
	}
}

/* The files after the first, and the first one again where it can be read twice. */
static bool
look_at_files(struct look *look, const struct input *input, struct reader *first,
    const struct infer_options *options, uint64_t *count, bool *all)
{
	if (!input->is_sized) {
		first->window.is_kept = true;
		bool fine = look_at_file(look, first, options, count, all);
		reader_rewind(first);
		return fine;
	}
	for (size_t i = 0; i < input->file_count && *all; i++) {
		struct reader reader;
		if (!reader_open(&reader, &input->files[i], first->format, NULL, NULL, look->error))
			return false;
		bool fine = look_at_file(look, &reader, options, count, all);
		reader_close(&reader);
		if (!fine)
			return false;
	}
	return true;
}

/* The path of a node: names, and [] for elements. */
static void
describe_node(const struct guess *guess, uint32_t node, char *text, size_t capacity)
{
	uint32_t path[GUESS_DEPTH_MOST + 1];
	size_t count = 0, size = 0;
	for (; node != 0 && count <= GUESS_DEPTH_MOST; node = guess->nodes[node].parent)
		path[count++] = node;
	text[0] = '\0';
	while (count-- > 0 && size < capacity) {
		const char *name = guess->nodes[path[count]].name;
		size += (size_t)snprintf(text + size, capacity - size, "%s%.200s",
		    name != NULL && size > 0 ? "." : "", name != NULL ? name : "[]");
	}
	for (char *at = text; *at != '\0'; at++)
		if ((uint8_t)*at < 0x20 || *at == 0x7f)
			*at = '?';
}

static bool
is_reachable(const struct guess *guess, uint32_t node)
{
	for (; node != 0; node = guess->nodes[node].parent) {
		uint32_t parent = guess->nodes[node].parent, child = guess->nodes[parent].first_child;
		while (child != 0 && child != node)
			child = guess->nodes[child].next;
		uint32_t kinds = guess->nodes[parent].kinds;
		if (child == 0 || (kinds != GUESS_OBJECT && kinds != GUESS_ARRAY))
			return false;
	}
	return true;
}

/* Names the fields that are JSON text for a reason that their owner may not expect; the first of many. */
static void
warn_of_json(const struct guess *guess)
{
	char path[512];
	unsigned warned = 0;
	for (uint32_t i = 1; i < guess->count && warned < WARNINGS_MOST; i++) {
		const struct guess_node *node = &guess->nodes[i];
		uint32_t kinds = node->kinds & ~(uint32_t)GUESS_JSON;
		if ((kinds & GUESS_REAL) != 0)
			kinds = (kinds & ~(uint32_t)GUESS_REAL) | GUESS_INTEGER;
		bool is_mixed = (kinds & (kinds - 1)) != 0;
		bool has_no_number = guess_has_no_number(node);
		if ((!is_mixed && !node->is_collapsed && !has_no_number) || !is_reachable(guess, i))
			continue;
		warned++;
		describe_node(guess, i, path, sizeof path);
		program_warn("field %s becomes JSON text: %s", path,
		    is_mixed        ? "its values are of conflicting kinds"
		    : has_no_number ? "it has numbers that neither 64 bits nor a double hold"
				    : "it has more fields or levels than a schema can have");
	}
}

bool
infer_look(const struct input *input, struct reader *reader, const struct infer_options *options,
    struct guess *guess, uint64_t *count, bool *all, struct nest_error *error)
{
	struct look look = {.error = error, .dates = options->dates};
	*count = 0;
	*all = true;
	if (!guess_init(&look.guess, options->maps, error))
		return false;
	bool fine = look_at_files(&look, input, reader, options, count, all);
	buffer_free(&look.scratch);
	*guess = look.guess;
	if (!fine)
		guess_free(guess);
	return fine;
}

bool
infer_print(
    struct guess *guess, const struct infer_options *options, struct buffer *text, struct nest_error *error)
{
	if (!guess_print(guess, options->dates, options->keep, text, error))
		return false;
	warn_of_json(guess);
	return true;
}

bool
infer_schema(const struct input *input, struct reader *reader, const struct infer_options *options,
    struct buffer *text, bool *all, struct nest_error *error)
{
	struct guess guess;
	uint64_t count;
	bool fine;
	if (!infer_look(input, reader, options, &guess, &count, all, error))
		return false;
	if (count == 0)
		fine = nest_error_set(
		    error, NEST_INVALID, "there is no record to infer a schema from; give --schema");
	else if (guess.nodes[0].first_child == 0)
		fine = nest_error_set(error, NEST_INVALID,
		    "no record looked at has a field, so there is no schema to infer; give --schema");
	else
		fine = infer_print(&guess, options, text, error);
	guess_free(&guess);
	return fine;
}
