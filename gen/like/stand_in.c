#include "gen/like/stand_in.h"

#include "gen/like/script.h"
#include "lib/base/hash.h"
#include "lib/base/utf8.h"

enum {
	TRIES = 200,     /* in which no piece of the text may be a value of the sample, */
	MORE_TRIES = 400 /* in which only the text may not be one; then it grows */
};

struct writer {
	struct view text;
	uint64_t chance;
	bool is_json, is_in_string;
	struct buffer *made;
	struct nest_error *error;
};

static uint32_t
draw(struct writer *writer, uint32_t count)
{
	writer->chance = XXH3_64bits_withSeed(&writer->chance, sizeof writer->chance, 1);
	return (uint32_t)((writer->chance >> 32) * count >> 32);
}

/* ---- what stays ---- */

/* The bytes at AT that stay as they are: escapes and words of JSON, and how URLs begin. */
static size_t
kept_bytes(const struct writer *writer, size_t at)
{
	static const char *const begins[] = {"https://", "http://", "www."};
	struct view rest = {writer->text.data + at, writer->text.size - at};
	if (writer->is_json && writer->is_in_string && rest.data[0] == '\\')
		return rest.size > 1 && rest.data[1] == 'u' ? 6 : 2;
	if (writer->is_json && !writer->is_in_string && rest.data[0] >= 'A')
		return 1;
	for (size_t i = 0; at == 0 && i < sizeof begins / sizeof *begins; i++)
		if (rest.size > strlen(begins[i]) && memcmp(rest.data, begins[i], strlen(begins[i])) == 0)
			return strlen(begins[i]);
	return 0;
}

static bool
is_word_byte(uint8_t byte)
{
	return script_of(byte) != SCRIPT_MARK && byte < 0x80;
}

/* Whether TEXT is one or more hexadecimal numbers, as a UUID is. */
static bool
is_hexadecimal(struct view text)
{
	enum { LEAST = 8 };
	size_t digits = 0, letters = 0;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		if (byte >= '0' && byte <= '9')
			digits++;
		else if (byte >= 'a' && byte <= 'f')
			letters++;
		else if (byte >= 0x80 || is_word_byte(byte))
			return false;
	}
	return digits > 0 && letters > 0 && digits + letters >= LEAST;
}

/* ---- what is replaced ---- */

static uint32_t
another(struct writer *writer, uint32_t character, bool is_hex, bool is_first)
{
	struct script_range range = script_range(script_of(character));
	if (range.last == 0)
		return character;
	if (is_hex && range.first == 'a')
		range.last = 'f';
	/* A number stays one: it gets no leading zero that it did not have. */
	if (range.first == '0' && is_first && character != '0')
		range.first = '1';
	else if (range.first == '0' && is_first)
		return character;
	return range.first + draw(writer, range.last - range.first + 1);
}

static bool
write_once(struct writer *writer)
{
	bool is_hex = !writer->is_json && is_hexadecimal(writer->text), is_first = true;
	uint8_t bytes[UTF8_BYTES];
	buffer_clear(writer->made);
	writer->is_in_string = false;
	for (size_t at = 0; at < writer->text.size;) {
		size_t kept = kept_bytes(writer, at);
		if (kept > 0) {
			if (!buffer_append(writer->made, writer->text.data + at, kept, writer->error))
				return false;
			at += kept;
			continue;
		}
		uint32_t character = script_take(writer->text, &at);
		writer->is_in_string ^= character == '"';
		uint32_t made = another(writer, character, is_hex, is_first);
		is_first = script_of(character) != SCRIPT_DIGIT;
		if (!buffer_append(
			writer->made, bytes, (size_t)(utf8_put(bytes, made) - bytes), writer->error))
			return false;
	}
	return true;
}

/* No such text is free, so it gets one more letter. */
static bool
lengthen(struct writer *writer)
{
	uint8_t letter = (uint8_t)('a' + draw(writer, 26));
	return buffer_append(writer->made, &letter, 1, writer->error);
}

bool
stand_in(struct seen *seen, struct view text, bool is_json, struct buffer *made, struct nest_error *error)
{
	struct writer writer = {.text = text, .is_json = is_json, .made = made, .error = error};
	writer.chance = XXH3_64bits(text.data, text.size);
	for (unsigned try = 0;; try++) {
		if (!write_once(&writer))
			return false;
		for (unsigned more = MORE_TRIES; more < try && !is_json; more += MORE_TRIES)
			if (!lengthen(&writer))
				return false;
		struct view candidate = {made->data, made->size};
		if (try < TRIES ? !seen_within(seen, candidate) : !seen_has(seen, candidate))
			break;
		/* true and {} are not replaced. */
		if (is_json && try == MORE_TRIES)
			return true;
	}
	seen_take(seen, (struct view){made->data, made->size});
	return true;
}
