#include "gen/notation/outline.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { MESSAGES_MOST = 1024 };

struct reader {
	struct outline *outline;
	const struct source *source;
	struct nest_error *error;
	size_t at, end; /* of the file at hand */
};

static uint8_t
byte_at(const struct reader *reader, size_t at)
{
	return at < reader->end ? reader->source->text.data[at] : 0;
}

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct view
piece(const struct reader *reader, size_t begin, size_t end)
{
	return (struct view){reader->source->text.data + begin, end - begin};
}

/* ---- where something ends ---- */

static size_t
behind_comment(const struct reader *reader, size_t at)
{
	while (at < reader->end && byte_at(reader, at) != '\n')
		at++;
	return at;
}

static size_t
behind_blanks(const struct reader *reader, size_t at)
{
	for (;;) {
		if (byte_at(reader, at) == '#')
			at = behind_comment(reader, at);
		else if (is_blank(byte_at(reader, at)))
			at++;
		else
			return at;
	}
}

/*
 * The offset from AT on of the first byte that is one of STOPS, outside of
 * comments, parentheses and texts in one of QUOTES; else the end.
 */
static size_t
find(const struct reader *reader, size_t at, const char *stops, const char *quotes)
{
	unsigned open = 0;
	while (at < reader->end) {
		uint8_t byte = byte_at(reader, at);
		if (byte == '#' && (at == 0 || is_blank(byte_at(reader, at - 1)))) {
			at = behind_comment(reader, at);
			continue;
		}
		if (byte != 0 && strchr(quotes, byte) != NULL) {
			at = lexer_behind_text(reader->source->text, at, reader->end);
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

/* Whether WORD stands at AT, and a blank, a comment or a quote after it. */
static bool
at_word(const struct reader *reader, size_t at, const char *word)
{
	size_t size = strlen(word);
	if (reader->end - at <= size || memcmp(reader->source->text.data + at, word, size) != 0)
		return false;
	uint8_t behind = byte_at(reader, at + size);
	return is_blank(behind) || behind == '"' || behind == '\'';
}

/* ---- items ---- */

static bool
add_item(struct reader *reader, const struct outline_item *item, uint32_t *index)
{
	struct outline *outline = reader->outline;
	if (outline->count == outline->capacity) {
		uint32_t capacity = outline->capacity == 0 ? 64 : outline->capacity * 2;
		struct outline_item *items = realloc(outline->items, capacity * sizeof *items);
		if (items == NULL)
			return nest_error_memory(reader->error, capacity * sizeof *items, "a recipe");
		outline->items = items;
		outline->capacity = capacity;
	}
	*index = outline->count++;
	outline->items[*index] = *item;
	return true;
}

/* Appends CHILD after *LAST, or to GROUP if it is the first. */
static void
hang(struct outline *outline, uint32_t group, uint32_t *last, uint32_t child)
{
	if (*last == 0)
		outline->items[group].child = child;
	else
		outline->items[*last].next = child;
	*last = child;
}

/* ---- drawings ---- */

static bool
finish(const struct lexer *lexer, const char *what)
{
	return lexer->token.kind == TOKEN_END || lexer_expected(lexer, what);
}

/* WORD and an expression after it, if it is there. */
static bool
read_clause(struct reader *reader, struct lexer *lexer, const char *word, uint32_t *node)
{
	bool is_there;
	if (!lexer_skip(lexer, word, &is_there))
		return false;
	return !is_there || expression_parse(&reader->outline->tree, lexer, node);
}

/* `length EXPRESSION of EXPRESSION`, `present EXPRESSION`, or an expression. */
static bool
read_clauses(struct reader *reader, struct lexer *lexer, struct outline_item *item)
{
	if (!read_clause(reader, lexer, "length", &item->length))
		return false;
	if (item->length != 0)
		return read_clause(reader, lexer, "of", &item->value);
	if (!read_clause(reader, lexer, "present", &item->present))
		return false;
	return item->present != 0 || expression_parse(&reader->outline->tree, lexer, &item->value);
}

/* Reads the drawing after the colon at AT, up to ; or {, where the reader stops. */
static bool
read_drawing(struct reader *reader, size_t at, struct outline_item *item)
{
	struct lexer lexer;
	reader->at = find(reader, at + 1, ";{", "\"'");
	return lexer_open(&lexer, reader->source, at + 1, reader->at, reader->error) &&
	       read_clauses(reader, &lexer, item) && finish(&lexer, "an operator, \";\" or \"{\"");
}

static bool
is_taken(struct view name)
{
	return view_equal(name, view_of_text("row")) || view_equal(name, view_of_text("place"));
}

/* NAME = EXPRESSION, in a range. */
static bool
read_assignment(struct reader *reader, size_t begin, size_t end, const char *what, struct outline_item *item)
{
	struct lexer lexer;
	if (!lexer_open(&lexer, reader->source, begin, end, reader->error))
		return false;
	if (lexer.token.kind != TOKEN_NAME)
		return lexer_expected(&lexer, "a name");
	item->name = lexer.token.word;
	if (is_taken(item->name))
		return source_refuse(reader->source, lexer.token.at, reader->error,
		    "%s has a meaning of its own, and no let has this name", source_quote(item->name).text);
	return lexer_advance(&lexer) && lexer_take(&lexer, "=") &&
	       expression_parse(&reader->outline->tree, &lexer, &item->value) && finish(&lexer, what);
}

/* `let NAME = EXPRESSION ;` */
static bool
read_let(struct reader *reader, uint32_t *index)
{
	struct outline_item item = {.kind = OUTLINE_LET, .at = reader->at};
	size_t end = find(reader, reader->at, ";", "\"'");
	if (!read_assignment(reader, reader->at + strlen("let"), end, "an operator or \";\"", &item))
		return false;
	if (end == reader->end)
		return source_refuse(
		    reader->source, end, reader->error, "expected \";\", found the end of the recipe");
	reader->at = end + 1;
	return add_item(reader, &item, index);
}

/* ---- fields ---- */

/* What stands before a colon, ; or {: its words, of quotes what is between them, without what is in
 * parentheses. */
enum { HEAD_WORDS = 6 };

struct head {
	struct view words[HEAD_WORDS];
	size_t at[HEAD_WORDS];
	unsigned count; /* up to HEAD_WORDS */
};

static size_t
behind_word(const struct reader *reader, size_t at, size_t end)
{
	if (byte_at(reader, at) == '"')
		return lexer_behind_text(reader->source->text, at, end);
	while (at < end && !is_blank(byte_at(reader, at)) && strchr("\"(=", byte_at(reader, at)) == NULL)
		at++;
	return at;
}

static void
read_head(const struct reader *reader, size_t end, struct head *head)
{
	size_t at = reader->at;
	*head = (struct head){0};
	while ((at = behind_blanks(reader, at)) < end && head->count < HEAD_WORDS) {
		size_t begin = at;
		bool is_quoted = byte_at(reader, at) == '"';
		if (byte_at(reader, at) == '(') {
			at = find(reader, at + 1, ")", "\"");
			at += at < end;
			continue;
		}
		at = behind_word(reader, at, end);
		if (at == begin) { /* a mark */
			at++;
			continue;
		}
		head->at[head->count] = begin;
		head->words[head->count++] =
		    is_quoted ? piece(reader, begin + 1, at - (at - begin > 1)) : piece(reader, begin, at);
	}
}

/* What ITEM extends, said after word NAMED of HEAD, which then ends before it. */
static bool
read_base(struct reader *reader, const struct head *head, unsigned named, struct outline_item *item)
{
	unsigned at = named + 1;
	while (at < head->count && !view_equal(head->words[at], view_of_text("extends")))
		at++;
	if (at >= head->count)
		return true;
	if (at + 1 == head->count)
		return source_refuse(reader->source, head->at[at] + strlen("extends"), reader->error,
		    "expected the name of a message behind \"extends\"");
	if (at + 2 < head->count)
		return source_refuse(reader->source, head->at[at + 2], reader->error,
		    "expected \":\" or \"{\", found %s", source_quote(head->words[at + 2]).text);
	item->base = head->words[at + 1];
	item->base_at = head->at[at + 1];
	item->head_end = head->at[at];
	return true;
}

static bool read_items(struct reader *reader, uint32_t group, unsigned depth);

/* A message, where DEPTH is 1, or a field; INHERITS is whether its group extends a message. */
static bool
read_field(struct reader *reader, unsigned depth, bool inherits, uint32_t *index)
{
	struct outline_item item = {.kind = OUTLINE_FIELD, .at = reader->at};
	struct head head;
	size_t end = find(reader, reader->at, ":;{}", "\"");
	item.head_end = end;
	read_head(reader, end, &head);
	unsigned named = depth == 1 ? 1 : 2;
	if (inherits && head.count == 1 && byte_at(reader, end) == ':') {
		named = 0;
		item.kind = OUTLINE_DRAWN;
	}
	item.name = named < head.count ? head.words[named] : (struct view){0};
	if (!read_base(reader, &head, named, &item))
		return false;
	reader->at = end;
	if (byte_at(reader, end) == ':' && !read_drawing(reader, end, &item))
		return false;
	uint8_t stop = byte_at(reader, reader->at);
	if (stop == '{' && item.kind != OUTLINE_DRAWN)
		item.kind = OUTLINE_GROUP;
	else if (stop != ';')
		return source_refuse(reader->source, reader->at, reader->error, "expected %s, found %s",
		    item.kind == OUTLINE_DRAWN || item.value != 0 ? "\";\"" : "\";\" or \"{\"",
		    stop == 0 ? "the end of the recipe"
			      : source_quote(piece(reader, reader->at, reader->at + 1)).text);
	if (item.kind != OUTLINE_GROUP && item.base.size > 0)
		return source_refuse(
		    reader->source, item.base_at, reader->error, "only a message or a group extends another");
	reader->at++;
	return add_item(reader, &item, index) &&
	       (item.kind != OUTLINE_GROUP || read_items(reader, *index, depth));
}

/* What stands in GROUP, at DEPTH, up to its closing brace, which is passed. */
static bool
read_items(struct reader *reader, uint32_t group, unsigned depth)
{
	uint32_t last = 0, index;
	bool inherits = reader->outline->items[group].base.size > 0;
	if (depth > OUTLINE_DEPTH_LIMIT)
		return source_refuse(reader->source, reader->outline->items[group].at, reader->error,
		    "groups are nested more than %d deep, the message included", OUTLINE_DEPTH_LIMIT);
	for (;;) {
		reader->at = behind_blanks(reader, reader->at);
		uint8_t byte = byte_at(reader, reader->at);
		if (reader->at == reader->end)
			return source_refuse(reader->source, reader->at, reader->error,
			    "expected a field, a let or \"}\", found the end of the recipe");
		if (byte == '}' || byte == ';') {
			reader->at++;
			if (byte == '}')
				return true;
			continue;
		}
		if (!(at_word(reader, reader->at, "let") ? read_let(reader, &index)
							 : read_field(reader, depth + 1, inherits, &index)))
			return false;
		hang(reader->outline, group, &last, index);
	}
}

/* ---- files ---- */

bool
outline_next_include(const struct source *source, size_t *at, size_t end, struct view *path, bool *found,
    struct nest_error *error)
{
	struct reader reader = {.source = source, .error = error, .end = end};
	struct lexer lexer;
	*at = behind_blanks(&reader, *at);
	*found = at_word(&reader, *at, "include");
	if (!*found)
		return true;
	size_t stop = find(&reader, *at, ";", "\"'");
	if (!lexer_open(&lexer, source, *at + strlen("include"), stop, error))
		return false;
	*path = lexer.token.word;
	if (lexer.token.kind != TOKEN_TEXT)
		return lexer_expected(&lexer, "the name of a file in quotes");
	if (!lexer_advance(&lexer) || !finish(&lexer, "\";\""))
		return false;
	if (stop == end)
		return source_refuse(source, stop, error, "expected \";\", found the end of the recipe");
	*at = stop + 1;
	return true;
}

static bool
read_file(struct reader *reader, uint32_t *last)
{
	struct view path;
	bool found = true;
	while (found)
		if (!outline_next_include(
			reader->source, &reader->at, reader->end, &path, &found, reader->error))
			return false;
	for (;;) {
		uint32_t index;
		reader->at = behind_blanks(reader, reader->at);
		if (reader->at == reader->end)
			return true;
		if (byte_at(reader, reader->at) == ';') {
			reader->at++;
			continue;
		}
		bool is_let = at_word(reader, reader->at, "let");
		size_t left = reader->end - reader->at;
		if (at_word(reader, reader->at, "include"))
			return source_refuse(reader->source, reader->at, reader->error,
			    "what a recipe includes stands before its lets and messages");
		if (!is_let && (left < 7 || strncasecmp((const char *)reader->source->text.data + reader->at,
						"message", 7) != 0))
			return source_refuse(reader->source, reader->at, reader->error,
			    "expected message, let or include, found %s",
			    source_quote(
				piece(reader, reader->at, find(reader, reader->at + 1, " \t\r\n:;{}=", "")))
				.text);
		if (!(is_let ? read_let(reader, &index) : read_field(reader, 1, false, &index)))
			return false;
		hang(reader->outline, 0, last, index);
	}
}

/* ---- what all files have ---- */

/* Of the lets of one name the last file's counts: it includes the others, or is included after them. */
static bool
add_let(struct reader *reader, uint32_t item)
{
	struct outline *outline = reader->outline;
	const struct outline_item *let = &outline->items[item];
	const uint32_t *before = name_index_find(&outline->let_names, 0, let->name);
	if (before == NULL) {
		name_index_add(&outline->let_names, 0, let->name, outline->let_count);
		outline->lets[outline->let_count++] = item;
		return true;
	}
	if (source_file_at(reader->source, outline->items[outline->lets[*before]].at).begin ==
	    source_file_at(reader->source, let->at).begin)
		return source_refuse(reader->source, let->at, reader->error,
		    "this file has another let called %s before its messages", source_quote(let->name).text);
	outline->lets[*before] = item;
	return true;
}

static bool
add_message(struct reader *reader, uint32_t item)
{
	struct outline *outline = reader->outline;
	const struct outline_item *message = &outline->items[item];
	if (outline->message_count == MESSAGES_MOST)
		return source_refuse(reader->source, message->at, reader->error,
		    "a recipe has at most %d messages", MESSAGES_MOST);
	if (name_index_find(&outline->message_names, 0, message->name) != NULL)
		return source_refuse(reader->source, message->at, reader->error,
		    "there is another message called %s", source_quote(message->name).text);
	name_index_add(&outline->message_names, 0, message->name, item);
	outline->messages[outline->message_count++] = item;
	return true;
}

/* Lists the lets and messages of all files. */
static bool
list(struct reader *reader)
{
	struct outline *outline = reader->outline;
	size_t count = 1;
	for (uint32_t i = outline->items[0].child; i != 0; i = outline->items[i].next)
		count++;
	outline->lets = calloc(count, sizeof *outline->lets);
	outline->messages = calloc(count, sizeof *outline->messages);
	if (outline->lets == NULL || outline->messages == NULL)
		return nest_error_memory(reader->error, count * sizeof *outline->lets, "a recipe");
	if (!name_index_open(&outline->let_names, count, reader->error) ||
	    !name_index_open(&outline->message_names, count, reader->error))
		return false;
	for (uint32_t i = outline->items[0].child; i != 0; i = outline->items[i].next)
		if (!(outline->items[i].kind == OUTLINE_LET ? add_let(reader, i) : add_message(reader, i)))
			return false;
	return outline->message_count > 0 ||
	       source_refuse(reader->source, reader->end, reader->error,
		   "expected message, let or include, found the end of the recipe");
}

bool
outline_find(const struct outline *outline, struct view name, uint32_t *message)
{
	const uint32_t *found = name_index_find(&outline->message_names, 0, name);
	if (found != NULL)
		*message = *found;
	return found != NULL;
}

/* NAME=VALUE, which is all of the file at hand. */
static bool
read_option(struct reader *reader)
{
	struct outline_item item = {0};
	if (!read_assignment(reader, reader->at, reader->end, "an operator or the end", &item))
		return false;
	struct outline *outline = reader->outline;
	const uint32_t *let = name_index_find(&outline->let_names, 0, item.name);
	if (let == NULL)
		return source_refuse(reader->source, reader->at, reader->error,
		    "no let before the messages is called %s", source_quote(item.name).text);
	outline->items[outline->lets[*let]].value = item.value;
	return true;
}

/* The files that are options, or those that are none. */
static bool
read_files(struct reader *reader, bool options)
{
	uint32_t last = 0;
	for (uint32_t i = 0; i < source_file_count(reader->source); i++) {
		const struct source_file file = source_file(reader->source, i);
		if (file.is_option != options)
			continue;
		reader->at = file.begin;
		reader->end = file.end;
		if (!(options ? read_option(reader) : read_file(reader, &last)))
			return false;
	}
	return true;
}

bool
outline_parse(struct outline *outline, const struct source *source, struct nest_error *error)
{
	struct reader reader = {.outline = outline, .source = source, .error = error};
	const struct outline_item root = {.kind = OUTLINE_ROOT};
	uint32_t index;
	*outline = (struct outline){0};
	bool fine = expression_tree_open(&outline->tree, error) && add_item(&reader, &root, &index) &&
	            read_files(&reader, false) && list(&reader) && read_files(&reader, true);
	if (!fine)
		outline_free(outline);
	return fine;
}

void
outline_free(struct outline *outline)
{
	expression_tree_free(&outline->tree);
	free(outline->items);
	free(outline->lets);
	free(outline->messages);
	name_index_free(&outline->let_names);
	name_index_free(&outline->message_names);
	*outline = (struct outline){0};
}

/* ---- one of the messages ---- */

/* A sentence, and after it the names of the messages from number FIRST on. */
static bool
refuse_choice(const struct outline *outline, const struct source *source, uint32_t first,
    struct nest_error *error, const char *sentence)
{
	nest_error_set(error, NEST_USAGE, "%.300s%s", source->name, sentence);
	for (uint32_t i = first; i < outline->message_count; i++)
		nest_error_suffix(error, "%s%s", i == first ? " " : ", ",
		    source_quote(outline->items[outline->messages[i]].name).text);
	return false;
}

bool
outline_choose(const struct outline *outline, const struct source *source, const char *name,
    uint32_t *message, struct nest_error *error)
{
	if (name != NULL) {
		char sentence[128];
		snprintf(sentence, sizeof sentence, " has no message %s; it has",
		    source_quote(view_of_text(name)).text);
		return outline_find(outline, view_of_text(name), message) ||
		       refuse_choice(outline, source, 0, error, sentence);
	}
	size_t begin = 0;
	for (uint32_t i = 0; i < source_file_count(source); i++)
		if (!source_file(source, i).is_option)
			begin = source_file(source, i).begin;
	uint32_t first = 0;
	while (first < outline->message_count && outline->items[outline->messages[first]].at < begin)
		first++;
	if (first == outline->message_count)
		first = 0;
	*message = outline->messages[first];
	return first + 1 == outline->message_count ||
	       refuse_choice(outline, source, first, error,
		   " has more than one message, and --table names the one to make:");
}

bool
outline_is_alone(const struct outline *outline, const struct source *source, uint32_t message)
{
	const struct source_file file = source_file_at(source, outline->items[message].at);
	const struct reader reader = {.source = source, .end = file.end};
	for (uint32_t i = 0; i < outline->message_count; i++) {
		size_t at = outline->items[outline->messages[i]].at;
		if (outline->messages[i] != message && at >= file.begin && at < file.end)
			return false;
	}
	return !at_word(&reader, behind_blanks(&reader, file.begin), "include");
}
