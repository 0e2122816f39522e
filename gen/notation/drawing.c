#include "gen/notation/drawing.h"

#include <stdlib.h>

struct taker {
	struct drawings *drawings;
	const struct source *source;
	struct nest_error *error;
	struct buffer message; /* the source, blanks in place of what was taken out */
	size_t at;
	uint32_t nodes;                      /* fields and groups seen so far */
	uint32_t groups[SCHEMA_DEPTH_LIMIT]; /* those that are open */
	unsigned depth;                      /* how many, deeper ones than there may be included */
};

static uint8_t
byte_at(const struct taker *taker, size_t at)
{
	return at < taker->source->text.size ? taker->source->text.data[at] : 0;
}

static void
blank(struct taker *taker, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		if (taker->message.data[i] != '\n')
			taker->message.data[i] = ' ';
}

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static size_t
behind_comment(const struct taker *taker, size_t at)
{
	while (at < taker->source->text.size && byte_at(taker, at) != '\n')
		at++;
	return at;
}

static void
skip_blanks(struct taker *taker)
{
	for (;;) {
		size_t begin = taker->at;
		if (byte_at(taker, begin) == '#')
			taker->at = behind_comment(taker, begin);
		else if (is_blank(byte_at(taker, begin)))
			taker->at++;
		else
			return;
		blank(taker, begin, taker->at);
	}
}

/*
 * The offset from AT on of the first byte that is one of STOPS, outside of
 * comments, parentheses and texts in one of QUOTES; else the end.
 */
static size_t
find(struct taker *taker, size_t at, const char *stops, const char *quotes)
{
	unsigned open = 0;
	while (at < taker->source->text.size) {
		uint8_t byte = byte_at(taker, at);
		if (byte == '#' && (at == 0 || is_blank(byte_at(taker, at - 1)))) {
			size_t end = behind_comment(taker, at);
			blank(taker, at, end);
			at = end;
			continue;
		}
		if (byte != 0 && strchr(quotes, byte) != NULL) {
			at = lexer_behind_text(taker->source->text, at, taker->source->text.size);
			continue;
		}
		if (byte != 0 && open == 0 && strchr(stops, byte) != NULL)
			return at;
		open += byte == '(';
		open -= byte == ')' && open > 0;
		at++;
	}
	return at;
}

/* ---- drawings ---- */

static bool
add_drawing(struct taker *taker, struct drawing **drawing)
{
	struct drawings *drawings = taker->drawings;
	if (drawings->count == drawings->capacity) {
		uint32_t capacity = drawings->capacity == 0 ? 64 : drawings->capacity * 2;
		struct drawing *items = realloc(drawings->items, capacity * sizeof *items);
		if (items == NULL)
			return nest_error_memory(taker->error, capacity * sizeof *items, "a recipe");
		drawings->items = items;
		drawings->capacity = capacity;
	}
	*drawing = &drawings->items[drawings->count++];
	**drawing = (struct drawing){.at = taker->at};
	return true;
}

/* WORD and an expression behind it, if it is there. */
static bool
parse_clause(struct taker *taker, struct lexer *lexer, const char *word, uint32_t *node)
{
	bool is_there;
	if (!lexer_skip(lexer, word, &is_there))
		return false;
	return !is_there || expression_parse(&taker->drawings->tree, lexer, node);
}

/* `length EXPRESSION of EXPRESSION`, `present EXPRESSION`, or an expression. */
static bool
parse_clauses(struct taker *taker, struct lexer *lexer, struct drawing *drawing)
{
	if (!parse_clause(taker, lexer, "length", &drawing->length))
		return false;
	if (drawing->length != 0)
		return parse_clause(taker, lexer, "of", &drawing->value);
	if (!parse_clause(taker, lexer, "present", &drawing->present))
		return false;
	return drawing->present != 0 || expression_parse(&taker->drawings->tree, lexer, &drawing->value);
}

static bool
finish(const struct lexer *lexer, const char *what)
{
	return lexer->token.kind == TOKEN_END || lexer_expected(lexer, what);
}

/* The drawing behind the colon at AT, which ends before ; or {. */
static bool
take_drawing(struct taker *taker, size_t at, struct drawing *drawing)
{
	struct lexer lexer;
	size_t end = find(taker, at + 1, ";{", "\"'");
	taker->at = end;
	if (!lexer_open(&lexer, taker->source, at + 1, end, taker->error) ||
	    !parse_clauses(taker, &lexer, drawing) || !finish(&lexer, "an operator, \";\" or \"{\""))
		return false;
	blank(taker, at, end);
	return true;
}

/* `let NAME = EXPRESSION ;` */
static bool
take_let(struct taker *taker)
{
	size_t begin = taker->at, end = find(taker, begin, ";", "\"'");
	struct drawing *drawing;
	struct lexer lexer;
	if (!add_drawing(taker, &drawing) ||
	    !lexer_open(&lexer, taker->source, begin + strlen("let"), end, taker->error))
		return false;
	if (lexer.token.kind != TOKEN_NAME)
		return lexer_expected(&lexer, "a name");
	drawing->name = lexer.token.word;
	drawing->node =
	    taker->groups[taker->depth < SCHEMA_DEPTH_LIMIT ? taker->depth : SCHEMA_DEPTH_LIMIT - 1];
	if (!lexer_advance(&lexer) || !lexer_take(&lexer, "=") ||
	    !expression_parse(&taker->drawings->tree, &lexer, &drawing->value) ||
	    !finish(&lexer, "an operator or \";\""))
		return false;
	if (end == taker->source->text.size)
		return source_refuse(taker->source, end, taker->error, "expected \";\", found the end");
	taker->at = end + 1;
	blank(taker, begin, taker->at);
	return true;
}

/* ---- the message type ---- */

static void
open_group(struct taker *taker, uint32_t node)
{
	taker->depth++;
	if (taker->depth < SCHEMA_DEPTH_LIMIT)
		taker->groups[taker->depth] = node;
}

/* A field, or the message itself, up to its ; or { */
static bool
take_field(struct taker *taker)
{
	struct drawing *drawing;
	if (!add_drawing(taker, &drawing))
		return false;
	drawing->node = taker->nodes++;
	taker->at = find(taker, taker->at, ":;{}", "\"");
	if (byte_at(taker, taker->at) == ':' && !take_drawing(taker, taker->at, drawing))
		return false;
	if (byte_at(taker, taker->at) == '{')
		open_group(taker, drawing->node);
	if (byte_at(taker, taker->at) != '}')
		taker->at++;
	return true;
}

static bool
at_let(const struct taker *taker)
{
	return taker->source->text.size - taker->at > 3 &&
	       memcmp(taker->source->text.data + taker->at, "let", 3) == 0 &&
	       is_blank(byte_at(taker, taker->at + 3));
}

static bool
take_apart(struct taker *taker)
{
	for (;;) {
		skip_blanks(taker);
		if (taker->at >= taker->source->text.size)
			return true;
		uint8_t byte = byte_at(taker, taker->at);
		if (byte == '}' || byte == ';') {
			taker->at++;
			taker->depth -= byte == '}' && taker->depth > 0;
		} else if (!(at_let(taker) ? take_let(taker) : take_field(taker))) {
			return false;
		}
	}
}

bool
drawings_parse(struct drawings *drawings, const struct source *source, struct nest_error *error)
{
	*drawings = (struct drawings){0};
	struct taker taker = {.drawings = drawings, .source = source, .error = error};
	bool fine = expression_tree_open(&drawings->tree, error) &&
	            buffer_append(&taker.message, source->text.data, source->text.size, error) &&
	            take_apart(&taker);
	struct view message = {taker.message.data, taker.message.size};
	if (fine && !schema_parse(&drawings->schema, message, error))
		fine = nest_error_prefix(error, "%.300s: ", source->name);
	/* What is a field to one and none to the other would be drawn as another. */
	if (fine && taker.nodes != drawings->schema.node_count)
		fine = source_refuse(source, 0, error, "the fields of the message type cannot be told apart");
	buffer_free(&taker.message);
	if (!fine)
		drawings_free(drawings);
	return fine;
}

void
drawings_free(struct drawings *drawings)
{
	schema_free(&drawings->schema);
	expression_tree_free(&drawings->tree);
	free(drawings->items);
	*drawings = (struct drawings){0};
}
