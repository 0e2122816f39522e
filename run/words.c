#include "run/words.h"

#include <string.h>

/* A word that is being read, and the piece of it. */
struct reading {
	struct words *words;
	struct words_source *source;
	struct word word;
	size_t piece_at;
	bool has_text; /* of the piece; '' has none, and is still one */
};

static bool
refuse(struct nest_error *error, const char *sentence)
{
	return nest_error_set(error, NEST_USAGE, "%s", sentence);
}

/* The next byte; -1 at the end. */
static int
peek(const struct words_source *source)
{
	return source->rest.size > 0 ? source->rest.data[0] : -1;
}

static int
take(struct words_source *source)
{
	int byte = peek(source);
	if (byte >= 0) {
		source->rest.data++;
		source->rest.size--;
	}
	source->line += byte == '\n';
	return byte;
}

static bool
put(struct reading *reading, int byte, struct nest_error *error)
{
	uint8_t one = (uint8_t)byte;
	reading->has_text = true;
	if (byte == 0)
		return refuse(error, "a byte of value 0 is no text");
	return buffer_append(&reading->words->text, &one, 1, error);
}

static bool
end_piece(struct reading *reading, bool is_hole, struct nest_error *error)
{
	struct buffer *text = &reading->words->text;
	struct word_piece piece = {reading->piece_at, text->size - reading->piece_at, is_hole};
	if (!buffer_append(text, "", 1, error) ||
	    !buffer_append(&reading->words->pieces, &piece, sizeof piece, error))
		return false;
	reading->word.count++;
	reading->piece_at = text->size;
	reading->has_text = false;
	return true;
}

static bool
take_hole(struct reading *reading, struct nest_error *error)
{
	if (reading->has_text && !end_piece(reading, false, error))
		return false;
	for (;;) {
		int byte = peek(reading->source);
		if (byte < 0 || byte == '\n' || byte == '{')
			return refuse(error, "'{' has no '}'; in single quotes it stands for itself");
		take(reading->source);
		if (byte == '}')
			return end_piece(reading, true, error);
		if (!put(reading, byte, error))
			return false;
	}
}

static bool
take_single_quoted(struct reading *reading, struct nest_error *error)
{
	unsigned begin = reading->source->line;
	reading->has_text = true;
	for (;;) {
		int byte = take(reading->source);
		if (byte == '\'')
			return true;
		if (byte < 0) {
			reading->source->line = begin;
			return refuse(error, "a quote begins here and does not end");
		}
		if (!put(reading, byte, error))
			return false;
	}
}

static bool
take_escaped(struct reading *reading, struct nest_error *error)
{
	int byte = take(reading->source);
	if (byte < 0)
		return refuse(error, "a backslash ends the plan, and has nothing to quote");
	return byte == '\n' || put(reading, byte, error);
}

static bool
take_double_quoted(struct reading *reading, struct nest_error *error)
{
	unsigned begin = reading->source->line;
	reading->has_text = true;
	for (;;) {
		int byte = take(reading->source), next = peek(reading->source);
		bool done = true;
		if (byte == '"')
			return true;
		if (byte < 0) {
			reading->source->line = begin;
			return refuse(error, "a quote begins here and does not end");
		}
		if (byte == '{')
			done = take_hole(reading, error);
		else if (byte == '\\' && next > 0 && strchr("\"\\{}$`\n", next) != NULL)
			done = take_escaped(reading, error);
		else
			done = put(reading, byte, error);
		if (!done)
			return false;
	}
}

static bool
refuse_plain(int byte, struct nest_error *error)
{
	if (byte == '}')
		return refuse(error, "'}' without '{' before it; in single quotes it stands for itself");
	if (byte < ' ' || byte == 0x7f)
		return refuse(error, "a control character must be quoted");
	return nest_error_set(error, NEST_USAGE,
	    "'%c' means nothing here: quote it, or let a shell run the line (sh -c '...')", byte);
}

static bool
take_plain(struct reading *reading, int byte, struct nest_error *error)
{
	if (byte == '\'')
		return take_single_quoted(reading, error);
	if (byte == '"')
		return take_double_quoted(reading, error);
	if (byte == '\\')
		return take_escaped(reading, error);
	if (byte == '{')
		return take_hole(reading, error);
	if (byte < ' ' || strchr("}|&;<>()$`\x7f", byte) != NULL)
		return refuse_plain(byte, error);
	return put(reading, byte, error);
}

static bool
is_blank(int byte)
{
	return byte == ' ' || byte == '\t';
}

static bool
take_word(struct words *words, struct words_source *source, struct nest_error *error)
{
	struct reading reading = {.words = words, .source = source};
	reading.word.first = words->pieces.size / sizeof(struct word_piece);
	reading.piece_at = words->text.size;
	while (peek(source) >= 0 && peek(source) != '\n' && !is_blank(peek(source)))
		if (!take_plain(&reading, take(source), error))
			return false;
	if ((reading.has_text || reading.word.count == 0) && !end_piece(&reading, false, error))
		return false;
	return buffer_append(&words->list, &reading.word, sizeof reading.word, error);
}

/* Skips blanks, and ends of lines after a backslash; returns whether a word follows. */
static bool
skip_blanks(struct words_source *source)
{
	for (;;) {
		if (is_blank(peek(source))) {
			take(source);
		} else if (source->rest.size >= 2 && memcmp(source->rest.data, "\\\n", 2) == 0) {
			take(source);
			take(source);
		} else {
			break;
		}
	}
	if (peek(source) == '#')
		while (peek(source) >= 0 && peek(source) != '\n')
			take(source);
	return peek(source) >= 0 && peek(source) != '\n';
}

bool
words_next(
    struct words *words, struct words_source *source, struct words_line *line, struct nest_error *error)
{
	*line = (struct words_line){.first = words->list.size / sizeof(struct word)};
	while (source->rest.size > 0 && line->count == 0) {
		if (skip_blanks(source))
			line->line = source->line;
		while (skip_blanks(source)) {
			if (!take_word(words, source, error))
				return false;
			line->count++;
		}
		take(source);
	}
	return true;
}

const char *
words_text(const struct words *words, size_t index)
{
	const struct word *word = words_at(words, index);
	const struct word_piece *piece = words_piece(words, word, 0);
	if (word->count > 1 || piece->is_hole)
		return NULL;
	return (const char *)words_bytes(words, piece).data;
}

void
words_free(struct words *words)
{
	buffer_free(&words->text);
	buffer_free(&words->pieces);
	buffer_free(&words->list);
}
