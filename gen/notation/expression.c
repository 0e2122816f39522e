/*
 * What binds least comes first: choice, if, or, and, not, comparison, range,
 * sum, product, negation, and what stands for itself.
 */
#include "gen/notation/expression.h"

#include "lib/base/utf8.h"

#include <stdlib.h>

struct reader {
	struct expression_tree *tree;
	struct lexer *lexer;
	unsigned depth;
};

static bool read_choice(struct reader *reader, uint32_t *node);
static bool read_negation(struct reader *reader, uint32_t *node);

bool
expression_tree_open(struct expression_tree *tree, struct nest_error *error)
{
	*tree = (struct expression_tree){.count = 1, .capacity = 64};
	tree->nodes = calloc(tree->capacity, sizeof *tree->nodes);
	if (tree->nodes == NULL)
		return nest_error_memory(error, tree->capacity * sizeof *tree->nodes, "a recipe");
	/* Texts that are empty are somewhere, too. */
	return buffer_reserve(&tree->texts, 1, error);
}

void
expression_tree_free(struct expression_tree *tree)
{
	free(tree->nodes);
	buffer_free(&tree->texts);
}

/* ---- nodes ---- */

static bool
add_node(struct reader *reader, const struct expression *node, uint32_t *index)
{
	struct expression_tree *tree = reader->tree;
	struct nest_error *error = reader->lexer->error;
	if (tree->count == EXPRESSION_NODE_LIMIT)
		return source_refuse(reader->lexer->source, node->at, error,
		    "the recipe's expressions have more than %d parts", EXPRESSION_NODE_LIMIT);
	if (tree->count == tree->capacity) {
		uint32_t capacity = tree->capacity * 2;
		struct expression *nodes = realloc(tree->nodes, capacity * sizeof *nodes);
		if (nodes == NULL)
			return nest_error_memory(error, capacity * sizeof *nodes, "a recipe");
		tree->nodes = nodes;
		tree->capacity = capacity;
	}
	*index = tree->count++;
	tree->nodes[*index] = *node;
	return true;
}

/* A node of the token at hand, which is then passed. */
static bool
add_token(struct reader *reader, enum expression_kind kind, uint32_t *index)
{
	const struct token *token = &reader->lexer->token;
	const struct expression node = {.kind = kind,
	    .at = token->at,
	    .number = token->number,
	    .scale = token->scale,
	    .share = token->share,
	    .word = token->word};
	return add_node(reader, &node, index) && lexer_advance(reader->lexer);
}

/* A node with two children. */
static bool
join(struct reader *reader, const struct expression *kind, uint32_t left, uint32_t right, uint32_t *index)
{
	struct expression node = *kind;
	node.child = left;
	reader->tree->nodes[left].next = right;
	return add_node(reader, &node, index);
}

/* Appends CHILD after *LAST, or below PARENT if it is the first. */
static void
hang(struct reader *reader, uint32_t parent, uint32_t *last, uint32_t child)
{
	if (*last == 0)
		reader->tree->nodes[parent].child = child;
	else
		reader->tree->nodes[*last].next = child;
	*last = child;
}

/* ---- texts and templates ---- */

static bool
put_bytes(struct reader *reader, const void *bytes, size_t size)
{
	return buffer_append(&reader->tree->texts, bytes, size, reader->lexer->error);
}

/* The character that hexadecimal digits in braces stand for: \u{e9}. */
static bool
put_code(struct reader *reader, const uint8_t **at, const uint8_t *end)
{
	const uint8_t *p = *at;
	uint32_t code = 0;
	unsigned digits = 0;
	uint8_t bytes[UTF8_BYTES];
	if (p < end && *p == '{')
		for (p++; p < end && *p != '}' && digits < 7; p++, digits++) {
			static const char hex[] = "0123456789abcdef";
			const char *digit =
			    *p != '\0' ? strchr(hex, *p >= 'A' && *p <= 'F' ? *p + 32 : *p) : NULL;
			code = digit != NULL ? code * 16 + (uint32_t)(digit - hex) : 0xffffff;
		}
	if (digits == 0 || p == end || *p != '}' || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return source_refuse(reader->lexer->source, (size_t)(*at - reader->lexer->source->text.data),
		    reader->lexer->error, "\\u names a character by its number, as in \\u{e9}");
	*at = p + 1;
	return put_bytes(reader, bytes, (size_t)(utf8_put(bytes, code) - bytes));
}

/* Takes what follows a backslash, at *AT. */
static bool
put_escape(struct reader *reader, const uint8_t **at, const uint8_t *end)
{
	static const char names[] = "\\\"'{}ntr0", bytes[] = "\\\"'{}\n\t\r\0";
	const char *name = **at != '\0' ? strchr(names, **at) : NULL;
	if (**at == 'u') {
		++*at;
		return put_code(reader, at, end);
	}
	if (name == NULL)
		return source_refuse(reader->lexer->source, (size_t)(*at - reader->lexer->source->text.data),
		    reader->lexer->error, "a backslash stands before one of \\ \" ' { } n t r 0 u");
	++*at;
	return put_bytes(reader, &bytes[name - names], 1);
}

/* The text from AT up to END or to a brace; *AT is put there. */
static bool
read_piece(struct reader *reader, const uint8_t **at, const uint8_t *end, uint32_t *index)
{
	const uint8_t *begin = *at;
	size_t start = reader->tree->texts.size;
	struct expression node = {
	    .kind = EXPRESSION_TEXT, .at = (size_t)(begin - reader->lexer->source->text.data)};
	while (*at < end && **at != '{') {
		if (**at == '}')
			return source_refuse(reader->lexer->source,
			    (size_t)(*at - reader->lexer->source->text.data), reader->lexer->error,
			    "a closing brace without an opening one; \\} stands for itself");
		const uint8_t *from = *at;
		bool is_escape = **at == '\\';
		++*at;
		if (!(is_escape ? put_escape(reader, at, end) : put_bytes(reader, from, 1)))
			return false;
	}
	node.text = start;
	node.text_size = reader->tree->texts.size - start;
	if (!utf8_valid(reader->tree->texts.data + start, node.text_size))
		return source_refuse(reader->lexer->source, node.at, reader->lexer->error,
		    "a text is not well-formed UTF-8; bytes are drawn by bytes()");
	return add_node(reader, &node, index);
}

/* Where the brace that is open at AT closes: after texts in quotes. */
static const uint8_t *
closing_brace(struct reader *reader, const uint8_t *at, const uint8_t *end)
{
	struct view source = reader->lexer->source->text;
	while (at < end && *at != '}')
		at = *at == '"' || *at == '\''
		         ? source.data + lexer_behind_text(
					     source, (size_t)(at - source.data), (size_t)(end - source.data))
		         : at + 1;
	return at;
}

/* `: 08`: at least eight digits. */
static bool
read_width(struct lexer *lexer, unsigned *width)
{
	bool is_there;
	if (!lexer_skip(lexer, ":", &is_there))
		return false;
	if (!is_there)
		return true;
	if (lexer->token.kind != TOKEN_NUMBER || lexer->token.scale > 0 || lexer->token.word.data[0] != '0' ||
	    lexer->token.number < 1 || lexer->token.number > 20)
		return lexer_expected(lexer, "a number of digits from 01 to 020");
	*width = (unsigned)lexer->token.number;
	return lexer_advance(lexer);
}

/* `{expression}` or `{expression:08}`, with a lexer of its own; *AT is the opening brace. */
static bool
read_hole(struct reader *reader, const uint8_t **at, const uint8_t *end, uint32_t *index)
{
	const struct source *source = reader->lexer->source;
	const uint8_t *close = closing_brace(reader, *at, end);
	size_t open = (size_t)(*at - source->text.data);
	struct lexer lexer;
	unsigned width = 0;
	if (close == end)
		return source_refuse(
		    source, open, reader->lexer->error, "a brace is not closed; \\{ stands for itself");
	if (!lexer_open(&lexer, source, open + 1, (size_t)(close - source->text.data), reader->lexer->error))
		return false;
	struct reader inner = {reader->tree, &lexer, reader->depth};
	if (!read_choice(&inner, index) || !read_width(&lexer, &width))
		return false;
	if (lexer.token.kind != TOKEN_END)
		return lexer_expected(&lexer, "\"}\"");
	reader->tree->nodes[*index].width = width;
	*at = close + 1;
	return true;
}

/* The token is a text: it stands for itself, or is a template. */
static bool
read_text(struct reader *reader, uint32_t *index)
{
	const struct expression node = {.kind = EXPRESSION_TEMPLATE, .at = reader->lexer->token.at};
	struct view word = reader->lexer->token.word;
	const uint8_t *at = word.data, *end = word.data + word.size;
	uint32_t last = 0, piece;
	if (memchr(at, '{', word.size) == NULL || word.size == 0)
		return read_piece(reader, &at, end, index) && lexer_advance(reader->lexer);
	if (!add_node(reader, &node, index))
		return false;
	while (at < end) {
		if (!(*at == '{' ? read_hole(reader, &at, end, &piece)
				 : read_piece(reader, &at, end, &piece)))
			return false;
		hang(reader, *index, &last, piece);
	}
	/* All its braces have backslashes. */
	uint32_t first = reader->tree->nodes[*index].child;
	if (first == last && reader->tree->nodes[first].kind == EXPRESSION_TEXT &&
	    reader->tree->nodes[first].width == 0)
		*index = first;
	return lexer_advance(reader->lexer);
}

/* ---- what stands for itself ---- */

/* The closing parenthesis of that at offset OPEN, which is passed. */
static bool
take_close(struct reader *reader, size_t open)
{
	if (reader->lexer->token.kind == TOKEN_END || lexer_at(reader->lexer, ";"))
		return source_refuse(
		    reader->lexer->source, open, reader->lexer->error, "a parenthesis is not closed");
	return lexer_take(reader->lexer, ")");
}

/* Expressions between commas up to the parenthesis that closes that at OPEN; below PARENT, after LAST. */
static bool
read_list(struct reader *reader, size_t open, uint32_t parent, uint32_t last)
{
	bool more = !lexer_at(reader->lexer, ")");
	while (more) {
		uint32_t child;
		if (!read_choice(reader, &child))
			return false;
		hang(reader, parent, &last, child);
		if (!lexer_skip(reader->lexer, ",", &more))
			return false;
	}
	return take_close(reader, open);
}

/* The names after dots that belong to the name INDEX. */
static bool
read_path(struct reader *reader, uint32_t index)
{
	struct lexer *lexer = reader->lexer;
	for (;;) {
		bool more;
		if (!lexer_skip(lexer, ".", &more))
			return false;
		if (!more)
			return true;
		if (lexer->token.kind != TOKEN_NAME)
			return lexer_expected(lexer, "the name of a field");
		struct view *path = &reader->tree->nodes[index].word;
		path->size = (size_t)(lexer->token.word.data - path->data) + lexer->token.word.size;
		if (!lexer_advance(lexer))
			return false;
	}
}

/* `[row]` after the name INDEX, or `[row].path`, where the name is that of a message. */
static bool
read_row(struct reader *reader, uint32_t *index)
{
	struct expression node = {.kind = EXPRESSION_ROW, .at = reader->tree->nodes[*index].at};
	bool is_there, is_message;
	uint32_t row, path = *index;
	if (!lexer_skip(reader->lexer, "[", &is_there))
		return false;
	if (!is_there)
		return true;
	if (!read_choice(reader, &row) || !lexer_take(reader->lexer, "]") ||
	    !lexer_skip(reader->lexer, ".", &is_message))
		return false;
	if (is_message) {
		node.word = reader->tree->nodes[*index].word;
		if (reader->lexer->token.kind != TOKEN_NAME)
			return lexer_expected(reader->lexer, "the name of a field");
		if (!add_token(reader, EXPRESSION_NAME, &path) || !read_path(reader, path))
			return false;
	}
	return join(reader, &node, row, path, index);
}

/* A name, a path, a name of another row, or a call; `null`, `true` and `false`. */
static bool
read_name(struct reader *reader, uint32_t *index)
{
	struct lexer *lexer = reader->lexer;
	bool is_true = lexer_at(lexer, "true"), is_pattern = lexer_at(lexer, "pattern"), more;
	if (lexer_at(lexer, "null"))
		return add_token(reader, EXPRESSION_NULL, index);
	if (is_true || lexer_at(lexer, "false")) {
		if (!add_token(reader, EXPRESSION_TRUTH, index))
			return false;
		reader->tree->nodes[*index].number = is_true;
		return true;
	}
	if (!add_token(reader, EXPRESSION_NAME, index))
		return false;
	size_t open = lexer->token.at;
	if (!lexer_skip(lexer, "(", &more))
		return false;
	if (more) {
		reader->tree->nodes[*index].kind = EXPRESSION_CALL;
		if (!is_pattern || lexer->token.kind != TOKEN_TEXT)
			return read_list(reader, open, *index, 0);
		uint32_t raw;
		if (!add_token(reader, EXPRESSION_RAW, &raw))
			return false;
		reader->tree->nodes[*index].child = raw;
		return take_close(reader, open);
	}
	return read_path(reader, *index) && read_row(reader, index);
}

static bool
read_primary(struct reader *reader, uint32_t *index)
{
	struct lexer *lexer = reader->lexer;
	size_t open = lexer->token.at;
	switch (lexer->token.kind) {
	case TOKEN_NUMBER:
		return add_token(reader, EXPRESSION_NUMBER, index);
	case TOKEN_SHARE:
		return add_token(reader, EXPRESSION_SHARE, index);
	case TOKEN_DATE:
		return add_token(reader, EXPRESSION_DATE, index);
	case TOKEN_TIME:
		return add_token(reader, EXPRESSION_TIME, index);
	case TOKEN_TEXT:
		return read_text(reader, index);
	case TOKEN_NAME:
		return read_name(reader, index);
	default:
		if (!lexer_at(lexer, "("))
			return lexer_expected(lexer, "a value");
		return lexer_advance(lexer) && read_choice(reader, index) && take_close(reader, open);
	}
}

/* ---- operations ---- */

static bool
read_negation(struct reader *reader, uint32_t *index)
{
	struct expression node = {.kind = EXPRESSION_NEGATE, .at = reader->lexer->token.at};
	bool is_there;
	if (!lexer_skip(reader->lexer, "-", &is_there) || !read_primary(reader, index))
		return false;
	node.child = *index;
	return !is_there || add_node(reader, &node, index);
}

struct operator
{
	const char *word;
	enum operation operation;
};

/* The operator that the token is, of a list that ends with none; NULL if it is not in it. */
static const struct operator* operator_at(const struct lexer *lexer, const struct operator* list)
{
	for (; list->word != NULL; list++)
		if (lexer_at(lexer, list->word))
			return list;
	return NULL;
}

/* Operands with operators of the list between them, from left to right. */
static bool
read_operations(struct reader *reader, const struct operator* list,
    bool (*read)(struct reader *reader, uint32_t *index), uint32_t *index)
{
	const struct operator* found;
	if (!read(reader, index))
		return false;
	while ((found = operator_at(reader->lexer, list)) != NULL) {
		const struct expression node = {
		    .kind = EXPRESSION_BINARY, .operation = found->operation, .at = reader->lexer->token.at};
		uint32_t right;
		if (!lexer_advance(reader->lexer) || !read(reader, &right) ||
		    !join(reader, &node, *index, right, index))
			return false;
	}
	return true;
}

static bool
read_product(struct reader *reader, uint32_t *index)
{
	static const struct operator list[] = {{"*", OPERATION_MULTIPLY}, {"/", OPERATION_DIVIDE},
	    {"//", OPERATION_QUOTIENT}, {"%", OPERATION_REMAINDER}, {NULL, 0}};
	return read_operations(reader, list, read_negation, index);
}

static bool
read_sum(struct reader *reader, uint32_t *index)
{
	static const struct operator list[] = {{"+", OPERATION_ADD}, {"-", OPERATION_SUBTRACT}, {NULL, 0}};
	return read_operations(reader, list, read_product, index);
}

static bool
read_range(struct reader *reader, uint32_t *index)
{
	bool is_there;
	uint32_t right;
	if (!read_sum(reader, index))
		return false;
	const struct expression node = {.kind = EXPRESSION_RANGE, .at = reader->tree->nodes[*index].at};
	if (!lexer_skip(reader->lexer, "..", &is_there))
		return false;
	return !is_there || (read_sum(reader, &right) && join(reader, &node, *index, right, index));
}

static bool
read_comparison(struct reader *reader, uint32_t *index)
{
	static const struct operator list[] = {{"=", OPERATION_EQUAL}, {"!=", OPERATION_UNEQUAL},
	    {"<=", OPERATION_LESS_EQUAL}, {">=", OPERATION_GREATER_EQUAL}, {"<", OPERATION_LESS},
	    {">", OPERATION_GREATER}, {NULL, 0}};
	bool is_there;
	if (!read_operations(reader, list, read_range, index) || !lexer_skip(reader->lexer, "in", &is_there))
		return false;
	if (!is_there)
		return true;
	const struct expression node = {
	    .kind = EXPRESSION_IN, .at = reader->lexer->token.at, .child = *index};
	uint32_t first = *index;
	return lexer_take(reader->lexer, "(") && add_node(reader, &node, index) &&
	       read_list(reader, node.at, *index, first);
}

static bool
read_not(struct reader *reader, uint32_t *index)
{
	struct expression node = {.kind = EXPRESSION_NOT, .at = reader->lexer->token.at};
	bool is_there;
	if (!lexer_skip(reader->lexer, "not", &is_there) || !read_comparison(reader, index))
		return false;
	node.child = *index;
	return !is_there || add_node(reader, &node, index);
}

static bool
read_and(struct reader *reader, uint32_t *index)
{
	static const struct operator list[] = {{"and", OPERATION_AND}, {NULL, 0}};
	return read_operations(reader, list, read_not, index);
}

static bool
read_or(struct reader *reader, uint32_t *index)
{
	static const struct operator list[] = {{"or", OPERATION_OR}, {NULL, 0}};
	return read_operations(reader, list, read_and, index);
}

static bool
read_if(struct reader *reader, uint32_t *index)
{
	const struct expression node = {.kind = EXPRESSION_IF, .at = reader->lexer->token.at};
	uint32_t condition, then, otherwise;
	if (!lexer_at(reader->lexer, "if"))
		return read_or(reader, index);
	if (!lexer_advance(reader->lexer) || !read_or(reader, &condition) ||
	    !lexer_take(reader->lexer, "then") || !read_choice(reader, &then) ||
	    !lexer_take(reader->lexer, "else") || !read_choice(reader, &otherwise))
		return false;
	reader->tree->nodes[then].next = otherwise;
	return join(reader, &node, condition, then, index);
}

/* One of several, with its weight after it. */
static bool
read_alternative(struct reader *reader, uint32_t *index)
{
	if (!read_if(reader, index))
		return false;
	double weight = -1;
	if (reader->lexer->token.kind == TOKEN_SHARE) {
		weight = reader->lexer->token.share;
		if (!lexer_advance(reader->lexer))
			return false;
	}
	reader->tree->nodes[*index].weight = weight;
	return true;
}

static bool
read_alternatives(struct reader *reader, uint32_t *index)
{
	struct expression node = {.kind = EXPRESSION_CHOICE, .at = reader->lexer->token.at};
	uint32_t first, last, child;
	bool more;
	if (!read_alternative(reader, &first) || !lexer_skip(reader->lexer, "|", &more))
		return false;
	*index = first;
	if (!more && reader->tree->nodes[first].weight >= 0)
		return source_refuse(reader->lexer->source, reader->tree->nodes[first].at,
		    reader->lexer->error,
		    "this has a share, and stands alone: put | and what else there is behind it");
	if (!more)
		return true;
	last = first;
	for (node.child = first; more; hang(reader, 0, &last, child))
		if (!read_alternative(reader, &child) || !lexer_skip(reader->lexer, "|", &more))
			return false;
	return add_node(reader, &node, index);
}

static bool
read_choice(struct reader *reader, uint32_t *index)
{
	*index = 0;
	if (reader->depth == EXPRESSION_DEPTH_LIMIT)
		return source_refuse(reader->lexer->source, reader->lexer->token.at, reader->lexer->error,
		    "expressions are nested more than %d deep", EXPRESSION_DEPTH_LIMIT);
	reader->depth++;
	bool fine = read_alternatives(reader, index);
	reader->depth--;
	return fine;
}

bool
expression_parse(struct expression_tree *tree, struct lexer *lexer, uint32_t *node)
{
	struct reader reader = {tree, lexer, 0};
	return read_choice(&reader, node);
}
