#include "run/account.h"

#include <stdio.h>

/* A text and what is left to read of it. */
struct reading {
	struct view rest;
};

static int
peek(const struct reading *reading)
{
	return reading->rest.size > 0 ? reading->rest.data[0] : -1;
}

static void
advance(struct reading *reading, size_t size)
{
	reading->rest.data += size;
	reading->rest.size -= size;
}

static void
skip_blanks(struct reading *reading)
{
	int byte;
	while ((byte = peek(reading)) == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
		advance(reading, 1);
}

static bool
take_byte(struct reading *reading, int byte)
{
	skip_blanks(reading);
	if (peek(reading) != byte)
		return false;
	advance(reading, 1);
	return true;
}

/* Takes what is between quotes; escapes stay as they are. */
static bool
take_string(struct reading *reading, struct view *string)
{
	if (!take_byte(reading, '"'))
		return false;
	*string = (struct view){reading->rest.data, 0};
	while (peek(reading) != '"') {
		size_t size = peek(reading) == '\\' ? 2 : 1;
		if (peek(reading) < ' ' || reading->rest.size < size)
			return false;
		advance(reading, size);
		string->size += size;
	}
	advance(reading, 1);
	return true;
}

/* Takes a number or a word, whatever it is. */
static struct view
take_bare(struct reading *reading)
{
	struct view bare = {reading->rest.data, 0};
	for (int byte; (byte = peek(reading)) > ' ' && byte != ',' && byte != '}'; bare.size++)
		advance(reading, 1);
	return bare;
}

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* Parses the decimal number TEXT in units of 10^-PLACES; further places are dropped. */
static bool
parse_decimal(struct view text, unsigned places, uint64_t *value)
{
	size_t i = 0;
	*value = 0;
	bool fits = text.size > 0 && is_digit(text.data[0]);
	for (; i < text.size && is_digit(text.data[i]); i++)
		fits = fits && !__builtin_mul_overflow(*value, 10u, value) &&
		       !__builtin_add_overflow(*value, (uint64_t)(text.data[i] - '0'), value);
	bool has_fraction = places > 0 && i < text.size && text.data[i] == '.';
	i += has_fraction;
	for (unsigned place = 0; place < places; place++) {
		bool more = has_fraction && i < text.size && is_digit(text.data[i]);
		fits = fits && !__builtin_mul_overflow(*value, 10u, value) &&
		       !__builtin_add_overflow(*value, more ? (uint64_t)(text.data[i] - '0') : 0u, value);
		i += more;
	}
	while (has_fraction && i < text.size && is_digit(text.data[i]))
		i++;
	return fits && i == text.size;
}

enum { ROWS, BYTES_IN, BYTES_OUT, USER, SYSTEM, PEAK, SKIPPED, KEYS };

static const struct {
	const char *name;
	unsigned places;
} keys[KEYS] = {
    [ROWS] = {"rows", 0},
    [BYTES_IN] = {"bytes_in", 0},
    [BYTES_OUT] = {"bytes_out", 0},
    [USER] = {"user_s", 6},
    [SYSTEM] = {"system_s", 6},
    [PEAK] = {"peak_bytes", 0},
    [SKIPPED] = {"skipped", 0},
};

/* Takes `"key":value`, and notes in FOUND, one bit for each key, which it was. */
static bool
take_pair(struct reading *reading, uint64_t values[KEYS], unsigned *found)
{
	struct view name, text;
	if (!take_string(reading, &name) || !take_byte(reading, ':'))
		return false;
	skip_blanks(reading);
	if (peek(reading) == '"')
		return take_string(reading, &text);
	text = take_bare(reading);
	for (unsigned i = 0; i < KEYS; i++)
		if (view_equal(name, view_of_text(keys[i].name))) {
			*found |= 1u << i;
			return parse_decimal(text, keys[i].places, &values[i]);
		}
	return text.size > 0;
}

bool
account_parse(struct view text, struct account *account)
{
	struct reading reading = {text};
	uint64_t values[KEYS] = {0};
	unsigned found = 0, wanted = ((1u << KEYS) - 1) & ~(1u << SKIPPED);
	if (!take_byte(&reading, '{'))
		return false;
	do
		if (!take_pair(&reading, values, &found))
			return false;
	while (take_byte(&reading, ','));
	if (!take_byte(&reading, '}'))
		return false;
	skip_blanks(&reading);
	*account = (struct account){
	    .rows = values[ROWS],
	    .bytes_in = values[BYTES_IN],
	    .bytes_out = values[BYTES_OUT],
	    .peak_bytes = values[PEAK],
	    .skipped = values[SKIPPED],
	};
	return reading.rest.size == 0 && (found & wanted) == wanted &&
	       !__builtin_add_overflow(values[USER], values[SYSTEM], &account->cpu_us);
}

bool
account_read(const char *path, struct account *account)
{
	uint8_t text[ACCOUNT_BYTES_MOST];
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	size_t size = fread(text, 1, sizeof text, file);
	bool whole = !ferror(file) && size < sizeof text;
	fclose(file);
	return whole && account_parse((struct view){text, size}, account);
}
