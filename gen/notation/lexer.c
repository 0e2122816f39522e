#include "gen/notation/lexer.h"

#include "gen/notation/calendar.h"

#include <stdio.h>

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool
is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The byte at offset AT; after the end 0, which is part of nothing. */
static uint8_t
byte_at(const struct lexer *lexer, size_t at)
{
	return at < lexer->end ? lexer->source->text.data[at] : 0;
}

static bool
refuse(const struct lexer *lexer, size_t at, const char *why)
{
	return source_refuse(lexer->source, at, lexer->error, "%s", why);
}

static size_t
skip_blanks(const struct lexer *lexer, size_t at)
{
	for (;; at++) {
		if (byte_at(lexer, at) == '#')
			while (at < lexer->end && byte_at(lexer, at) != '\n')
				at++;
		if (at >= lexer->end || !is_blank(byte_at(lexer, at)))
			return at;
	}
}

/* ---- numbers, dates and times ---- */

/* COUNT digits at *AT as a number; false if there are not so many. */
static bool
read_digits(const struct lexer *lexer, size_t *at, unsigned count, unsigned *value)
{
	*value = 0;
	for (; count > 0; count--, ++*at) {
		if (!is_digit(byte_at(lexer, *at)))
			return false;
		*value = *value * 10 + (unsigned)(byte_at(lexer, *at) - '0');
	}
	return true;
}

/* Digits between marks: "-2-2" reads -MM-DD. */
static bool
read_parts(const struct lexer *lexer, size_t *at, const char *marks, unsigned *values)
{
	for (; *marks != '\0'; marks++, values++) {
		if (byte_at(lexer, *at) != (uint8_t)*marks)
			return false;
		++*at;
		if (!read_digits(lexer, at, 2, values))
			return false;
	}
	return true;
}

/* Microseconds of the fraction at *AT, if there is one. */
static bool
read_fraction(const struct lexer *lexer, size_t *at, int64_t *micros)
{
	*micros = 0;
	if (byte_at(lexer, *at) != '.' || !is_digit(byte_at(lexer, *at + 1)))
		return true;
	int64_t unit = 100000;
	for (++*at; is_digit(byte_at(lexer, *at)); ++*at, unit /= 10) {
		if (unit == 0)
			return refuse(lexer, *at, "a time has no more than six digits behind the point");
		*micros += unit * (byte_at(lexer, *at) - '0');
	}
	return true;
}

/* The rest of a time, after T. */
static bool
lex_time(struct lexer *lexer, size_t at)
{
	struct token *token = &lexer->token;
	unsigned hour = 0, rest[2];
	int64_t micros;
	if (!read_digits(lexer, &at, 2, &hour) || !read_parts(lexer, &at, "::", rest) || hour > 23 ||
	    rest[0] > 59 || rest[1] > 59)
		return refuse(lexer, token->at, "a time is written as in 2024-02-29T23:59:59");
	if (!read_fraction(lexer, &at, &micros))
		return false;
	at += byte_at(lexer, at) == 'Z';
	token->kind = TOKEN_TIME;
	token->end = at;
	token->number = ((token->number * 24 + hour) * 60 + rest[0]) * 60 + rest[1];
	token->number = token->number * 1000000 + micros;
	return true;
}

/* True if no date stands here, too: the kind says. */
static bool
lex_date(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	size_t at = token->at;
	unsigned year, rest[2];
	if (!read_digits(lexer, &at, 4, &year) || !read_parts(lexer, &at, "--", rest))
		return true;
	if (!calendar_days(year, rest[0], rest[1], &token->number))
		return refuse(lexer, token->at, "there is no such day");
	token->kind = TOKEN_DATE;
	token->end = at;
	return byte_at(lexer, at) != 'T' || lex_time(lexer, at + 1);
}

static bool
add_digit(struct lexer *lexer, size_t at)
{
	int64_t *number = &lexer->token.number;
	if (__builtin_mul_overflow(*number, 10, number) ||
	    __builtin_add_overflow(*number, byte_at(lexer, at) - '0', number))
		return refuse(lexer, lexer->token.at, "a number has at most 64 bits");
	return true;
}

/* k, M and G, which may follow only whole numbers. */
static bool
lex_multiple(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	static const char letters[] = "kMG";
	const char *letter = token->end < lexer->end ? strchr(letters, byte_at(lexer, token->end)) : NULL;
	if (letter == NULL || *letter == '\0' || token->scale > 0 ||
	    is_letter(byte_at(lexer, token->end + 1)))
		return true;
	token->end++;
	for (int thousands = (int)(letter - letters); thousands >= 0; thousands--)
		if (__builtin_mul_overflow(token->number, 1000, &token->number))
			return refuse(lexer, token->at, "a number has at most 64 bits");
	return true;
}

/* Whether something at AT, after a share, makes of its % a remainder's. */
static bool
is_operand_at(const struct lexer *lexer, size_t at)
{
	uint8_t byte = byte_at(lexer, skip_blanks(lexer, at));
	return is_letter(byte_at(lexer, at)) || is_digit(byte) || byte == '(';
}

static bool
lex_number(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	if (!lex_date(lexer))
		return false;
	if (token->kind != TOKEN_NUMBER)
		return true;
	size_t at = token->at;
	for (; is_digit(byte_at(lexer, at)); at++)
		if (!add_digit(lexer, at))
			return false;
	if (byte_at(lexer, at) == '.' && is_digit(byte_at(lexer, at + 1)))
		for (at++; is_digit(byte_at(lexer, at)); at++, token->scale++)
			if (!add_digit(lexer, at))
				return false;
	token->end = at;
	if (!lex_multiple(lexer))
		return false;
	if (byte_at(lexer, token->end) == '%') {
		token->end++;
		token->kind = TOKEN_SHARE;
		if (is_operand_at(lexer, token->end))
			return source_refuse(lexer->source, token->at, lexer->error,
			    "\"%.*s\" is a share here; the %% of a remainder stands behind a blank",
			    (int)(token->end - token->at),
			    (const char *)lexer->source->text.data + token->at);
		token->share = (double)token->number;
		for (unsigned i = 0; i < token->scale; i++)
			token->share /= 10;
	}
	if (is_letter(byte_at(lexer, token->end)))
		return refuse(lexer, token->at, "a number ends in a letter that is not k, M or G");
	return true;
}

/* ---- the rest ---- */

size_t
lexer_behind_text(struct view source, size_t at, size_t end)
{
	for (size_t i = at + 1; i < end; i++) {
		if (source.data[i] == '\\')
			i++;
		else if (source.data[i] == source.data[at])
			return i + 1;
	}
	return end;
}

static bool
lex_text(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	token->end = lexer_behind_text(lexer->source->text, token->at, lexer->end);
	if (token->end - token->at < 2 || byte_at(lexer, token->end - 1) != byte_at(lexer, token->at))
		return refuse(lexer, token->at, "a text is not closed");
	token->word = (struct view){lexer->source->text.data + token->at + 1, token->end - token->at - 2};
	return true;
}

static void
lex_name(struct lexer *lexer)
{
	size_t at = lexer->token.at;
	while (is_letter(byte_at(lexer, at)) || is_digit(byte_at(lexer, at)))
		at++;
	lexer->token.end = at;
}

static bool
lex_mark(struct lexer *lexer)
{
	static const char *const marks[] = {"!=", "<=", ">=", "..", "//", "(", ")", ",", "|", "+", "-", "*",
	    "/", "%", "=", "<", ">", ":", ".", "[", "]", ";"};
	struct token *token = &lexer->token;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t size = strlen(marks[i]);
		if (token->at + size <= lexer->end &&
		    memcmp(lexer->source->text.data + token->at, marks[i], size) == 0) {
			token->end = token->at + size;
			return true;
		}
	}
	return refuse(lexer, token->at, "this character has no meaning here");
}

static bool
lex(struct lexer *lexer)
{
	uint8_t byte = byte_at(lexer, lexer->token.at);
	lexer->token.kind = TOKEN_MARK;
	if (lexer->token.at >= lexer->end) {
		lexer->token.kind = TOKEN_END;
		return true;
	}
	if (is_digit(byte)) {
		lexer->token.kind = TOKEN_NUMBER;
		return lex_number(lexer);
	}
	if (byte == '"' || byte == '\'') {
		lexer->token.kind = TOKEN_TEXT;
		return lex_text(lexer);
	}
	if (is_letter(byte)) {
		lexer->token.kind = TOKEN_NAME;
		lex_name(lexer);
		return true;
	}
	return lex_mark(lexer);
}

bool
lexer_advance(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	size_t at = skip_blanks(lexer, token->end);
	*token = (struct token){.at = at, .end = at};
	if (!lex(lexer))
		return false;
	if (token->kind != TOKEN_TEXT)
		token->word = (struct view){lexer->source->text.data + token->at, token->end - token->at};
	return true;
}

bool
lexer_open(struct lexer *lexer, const struct source *source, size_t at, size_t end, struct nest_error *error)
{
	*lexer = (struct lexer){.source = source, .error = error, .end = end, .token = {.end = at}};
	return lexer_advance(lexer);
}

bool
lexer_at(const struct lexer *lexer, const char *word)
{
	return (lexer->token.kind == TOKEN_MARK || lexer->token.kind == TOKEN_NAME) &&
	       view_equal(lexer->token.word, view_of_text(word));
}

bool
lexer_skip(struct lexer *lexer, const char *word, bool *skipped)
{
	*skipped = lexer_at(lexer, word);
	return !*skipped || lexer_advance(lexer);
}

bool
lexer_take(struct lexer *lexer, const char *word)
{
	char what[32];
	snprintf(what, sizeof what, "\"%s\"", word);
	return lexer_at(lexer, word) ? lexer_advance(lexer) : lexer_expected(lexer, what);
}

bool
lexer_expected(const struct lexer *lexer, const char *what)
{
	const struct token *token = &lexer->token;
	if (token->kind == TOKEN_END)
		return source_refuse(
		    lexer->source, token->at, lexer->error, "expected %s, found the end", what);
	return source_refuse(lexer->source, token->at, lexer->error, "expected %s, found %s", what,
	    source_quote(token->word).text);
}
