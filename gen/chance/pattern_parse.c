/* The syntax of patterns, by recursive descent. */
#include "gen/chance/pattern_class.h"
#include "lib/base/utf8.h"

struct parser {
	struct pattern *pattern;
	struct view text;
	size_t at;
	unsigned depth;
	struct buffer pending; /* nodes whose sequence or alternatives have not ended yet */
	struct nest_error *error;
};

static bool parse_alternatives(struct parser *parser, uint32_t *node);

static bool
refuse(struct parser *parser, size_t at, const char *why)
{
	return nest_error_set(parser->error, NEST_USAGE, "at offset %zu of the pattern: %s", at, why);
}

static bool
refuse_length(struct parser *parser, size_t at)
{
	return nest_error_set(parser->error, NEST_USAGE,
	    "at offset %zu of the pattern: the longest text would have more than %d bytes", at, PATTERN_MOST);
}

static bool
ends(const struct parser *parser)
{
	return parser->at == parser->text.size;
}

/* Whether C comes next; moves past it. */
static bool
take(struct parser *parser, char c)
{
	if (ends(parser) || parser->text.data[parser->at] != (uint8_t)c)
		return false;
	parser->at++;
	return true;
}

static bool
comes(const struct parser *parser, size_t ahead, char c)
{
	return parser->text.size - parser->at > ahead && parser->text.data[parser->at + ahead] == (uint8_t)c;
}

/* The next character; the text must be well-formed and not at its end. */
static uint32_t
take_character(struct parser *parser)
{
	uint32_t code = parser->text.data[parser->at++];
	if (code < 0x80)
		return code;
	code &= code < 0xe0 ? 0x1f : code < 0xf0 ? 0x0f : 0x07;
	while (!ends(parser) && (parser->text.data[parser->at] & 0xc0) == 0x80)
		code = code << 6 | (parser->text.data[parser->at++] & 0x3f);
	return code;
}

static bool
add_node(struct parser *parser, struct pattern_node made, uint32_t *node)
{
	struct buffer *nodes = &parser->pattern->nodes;
	*node = (uint32_t)(nodes->size / sizeof made);
	return buffer_append(nodes, &made, sizeof made, parser->error);
}

static struct pattern_node *
node_at(const struct parser *parser, uint32_t node)
{
	return (struct pattern_node *)parser->pattern->nodes.data + node;
}

static uint32_t
longest(const struct parser *parser, uint32_t node)
{
	return node == PATTERN_NOTHING ? 0 : node_at(parser, node)->longest_bytes;
}

static bool
add_text(struct parser *parser, uint32_t code, uint32_t *node)
{
	struct buffer *texts = &parser->pattern->texts;
	uint8_t bytes[UTF8_BYTES];
	uint32_t size = (uint32_t)(utf8_put(bytes, code) - bytes), first = (uint32_t)texts->size;
	struct pattern_node made = {
	    .kind = PATTERN_TEXT, .first = first, .count = size, .longest_bytes = size};
	return buffer_append(texts, bytes, size, parser->error) && add_node(parser, made, node);
}

/* ---- classes ---- */

static bool
close_class(struct parser *parser, size_t at, size_t offset, bool negated, uint32_t *node)
{
	struct pattern_node made;
	if (!class_close(&parser->pattern->ranges, offset, negated, &made, parser->error))
		return false;
	if (made.most == 0)
		return refuse(parser, at, "the class has no members");
	return add_node(parser, made, node);
}

static size_t
ranges_now(const struct parser *parser)
{
	return parser->pattern->ranges.size / sizeof(struct pattern_range);
}

/* Takes the character after a backslash; if IS_CLASS, its class, which is appended. */
static bool
take_escape(struct parser *parser, uint32_t *code, bool *is_class)
{
	static const char letters[] = "ntrfv", controls[] = "\n\t\r\f\v";
	size_t at = parser->at - 1;
	if (ends(parser))
		return refuse(parser, at, "nothing follows the backslash");
	*code = take_character(parser);
	if (*code >= 0x80) {
		*is_class = false;
		return true;
	}
	uint8_t letter = (uint8_t)*code;
	if (!class_add_letter(&parser->pattern->ranges, letter, is_class, parser->error))
		return false;
	const char *control = letter != 0 ? strchr(letters, letter) : NULL;
	if (control != NULL)
		*code = (uint8_t)controls[control - letters];
	else if (letter >= '0' && letter <= '9')
		return refuse(parser, at, "there are no back references");
	else if (!*is_class && ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z'))
		return refuse(parser, at, "a backslash before this letter has no meaning here");
	return true;
}

/* One character in a class, or a class in it. */
static bool
take_member(struct parser *parser, uint32_t *code, bool *is_class)
{
	*is_class = false;
	if (comes(parser, 0, '[') && comes(parser, 1, ':'))
		return refuse(parser, parser->at, "there are no named classes");
	if (take(parser, '\\'))
		return take_escape(parser, code, is_class);
	*code = take_character(parser);
	return true;
}

static bool
parse_members(struct parser *parser)
{
	size_t at = parser->at;
	uint32_t first, last;
	bool is_class;
	if (!take_member(parser, &first, &is_class))
		return false;
	bool is_range = comes(parser, 0, '-') && parser->text.size - parser->at > 1 && !comes(parser, 1, ']');
	if (is_range && is_class)
		return refuse(parser, at, "a range begins and ends with a character");
	if (is_class)
		return true;
	if (!is_range)
		return class_add(&parser->pattern->ranges, first, first, parser->error);
	parser->at++;
	if (!take_member(parser, &last, &is_class))
		return false;
	if (is_class)
		return refuse(parser, at, "a range begins and ends with a character");
	if (first > last)
		return refuse(parser, at, "the range ends before it begins");
	return class_add(&parser->pattern->ranges, first, last, parser->error);
}

/* A ] that comes first is a member. */
static bool
parse_class(struct parser *parser, uint32_t *node)
{
	size_t at = parser->at - 1, offset = ranges_now(parser);
	bool negated = take(parser, '^');
	do {
		if (ends(parser))
			return refuse(parser, at, "the class is not closed");
		if (!parse_members(parser))
			return false;
	} while (!take(parser, ']'));
	return close_class(parser, at, offset, negated, node);
}

/* ---- atoms ---- */

static bool
parse_escape(struct parser *parser, uint32_t *node)
{
	size_t at = parser->at - 1, offset = ranges_now(parser);
	uint32_t code;
	bool is_class;
	if (!take_escape(parser, &code, &is_class))
		return false;
	return is_class ? close_class(parser, at, offset, false, node) : add_text(parser, code, node);
}

static bool
parse_group(struct parser *parser, uint32_t *node)
{
	size_t at = parser->at - 1;
	if (take(parser, '?') && !take(parser, ':'))
		return refuse(parser, at, "of the groups that begin with (? there is only (?:");
	if (parser->depth == PATTERN_DEPTH)
		return refuse(parser, at, "groups are nested too deep");
	parser->depth++;
	if (!parse_alternatives(parser, node))
		return false;
	parser->depth--;
	return take(parser, ')') || refuse(parser, at, "the group is not closed");
}

static bool
parse_atom(struct parser *parser, uint32_t *node)
{
	size_t at = parser->at;
	uint32_t code = take_character(parser);
	switch (code) {
	case '\\':
		return parse_escape(parser, node);
	case '[':
		return parse_class(parser, node);
	case '.':
		return close_class(parser, at, ranges_now(parser), true, node);
	case '(':
		return parse_group(parser, node);
	case ')':
		return refuse(parser, at, "no group is open");
	case '?':
	case '*':
	case '+':
	case '{':
		return refuse(parser, at, "there is nothing to repeat");
	case '^':
	case '$':
		return refuse(parser, at, "an anchor stands only at an end");
	default:
		return add_text(parser, code, node);
	}
}

/* ---- repetition ---- */

/* Takes a count; if no digit comes, COUNT stays. */
static bool
take_count(struct parser *parser, uint32_t *count)
{
	size_t at = parser->at;
	uint32_t number = 0;
	for (; !ends(parser); parser->at++) {
		uint8_t digit = (uint8_t)(parser->text.data[parser->at] - '0');
		if (digit > 9)
			break;
		number = number * 10 + digit;
		if (number > PATTERN_MOST)
			return nest_error_set(parser->error, NEST_USAGE,
			    "at offset %zu of the pattern: a count is at most %d", at, PATTERN_MOST);
	}
	if (parser->at > at)
		*count = number;
	return true;
}

/* After the brace that opens: {n}, {n,}, {,m} or {n,m}. */
static bool
take_counts(struct parser *parser, uint32_t *least, uint32_t *most)
{
	const uint32_t none = UINT32_MAX;
	size_t at = parser->at - 1;
	*least = *most = none;
	if (!take_count(parser, least))
		return false;
	bool comma = take(parser, ',');
	if (comma && !take_count(parser, most))
		return false;
	if (!take(parser, '}') || (*least == none && *most == none))
		return refuse(parser, at, "a brace opens {n}, {n,}, {,m} or {n,m}; the character is \\{");
	*least = *least == none ? 0 : *least;
	if (*most == none)
		*most = comma ? *least + PATTERN_MORE : *least;
	return *least <= *most || refuse(parser, at, "the most is less than the least");
}

static bool
add_repeat(struct parser *parser, size_t at, uint32_t least, uint32_t most, uint32_t *node)
{
	uint64_t bytes = (uint64_t)longest(parser, *node) * most;
	if (bytes > PATTERN_MOST)
		return refuse_length(parser, at);
	/* A repetition without bytes needs no node, so that the bytes bound the work. */
	if (bytes == 0)
		*node = PATTERN_NOTHING;
	if (bytes == 0 || (least == 1 && most == 1))
		return true;
	struct pattern_node made = {.kind = PATTERN_REPEAT,
	    .first = *node,
	    .least = least,
	    .most = most,
	    .longest_bytes = (uint32_t)bytes};
	return add_node(parser, made, node);
}

static bool
parse_repeat(struct parser *parser, uint32_t *node)
{
	size_t at = parser->at;
	uint32_t least, most;
	if (take(parser, '?')) {
		least = 0, most = 1;
	} else if (take(parser, '*')) {
		least = 0, most = PATTERN_MORE;
	} else if (take(parser, '+')) {
		least = 1, most = 1 + PATTERN_MORE;
	} else if (take(parser, '{')) {
		if (!take_counts(parser, &least, &most))
			return false;
	} else {
		return true;
	}
	take(parser, '?');
	if (comes(parser, 0, '?') || comes(parser, 0, '*') || comes(parser, 0, '+') || comes(parser, 0, '{'))
		return refuse(
		    parser, parser->at, "a count follows a count; the first needs a group around it");
	return add_repeat(parser, at, least, most, node);
}

/* ---- sequences and alternatives ---- */

/* Whether a text is joined with a text right before it. */
static bool
joins(struct parser *parser, size_t first_pending, uint32_t node)
{
	struct buffer *pending = &parser->pending, *nodes = &parser->pattern->nodes;
	if (pending->size == first_pending || node_at(parser, node)->kind != PATTERN_TEXT)
		return false;
	uint32_t last;
	memcpy(&last, pending->data + pending->size - sizeof last, sizeof last);
	struct pattern_node *before = node_at(parser, last), *behind = node_at(parser, node);
	if (before->kind != PATTERN_TEXT || before->first + before->count != behind->first)
		return false;
	before->count += behind->count;
	before->longest_bytes = before->count;
	nodes->size -= sizeof *behind;
	return true;
}

/* Makes one node of KIND of those pending from FIRST_PENDING on; a single one stays itself. */
static bool
close_pending(
    struct parser *parser, size_t first_pending, enum pattern_kind kind, uint32_t bytes, uint32_t *node)
{
	struct buffer *pending = &parser->pending, *links = &parser->pattern->links;
	size_t size = pending->size - first_pending, first = links->size / sizeof *node;
	pending->size = first_pending;
	*node = PATTERN_NOTHING;
	if (bytes == 0)
		return true;
	if (size == sizeof *node) {
		memcpy(node, pending->data + first_pending, sizeof *node);
		return true;
	}
	struct pattern_node made = {.kind = kind,
	    .first = (uint32_t)first,
	    .count = (uint32_t)(size / sizeof *node),
	    .longest_bytes = bytes};
	return buffer_append(links, pending->data + first_pending, size, parser->error) &&
	       add_node(parser, made, node);
}

/* An anchor at the end of the pattern or of an alternative of it all. */
static bool
ends_with_anchor(struct parser *parser)
{
	bool last = parser->text.size - parser->at == 1 || comes(parser, 1, '|');
	return parser->depth == 0 && last && take(parser, '$');
}

static bool
parse_sequence(struct parser *parser, uint32_t *node)
{
	size_t first_pending = parser->pending.size;
	uint32_t bytes = 0;
	if (parser->depth == 0)
		take(parser, '^');
	while (!ends(parser) && !comes(parser, 0, '|') && !(parser->depth > 0 && comes(parser, 0, ')'))) {
		size_t at = parser->at;
		uint32_t part;
		if (ends_with_anchor(parser))
			break;
		if (!parse_atom(parser, &part) || !parse_repeat(parser, &part))
			return false;
		bytes += longest(parser, part);
		if (bytes > PATTERN_MOST)
			return refuse_length(parser, at);
		if (part == PATTERN_NOTHING || joins(parser, first_pending, part))
			continue;
		if (!buffer_append(&parser->pending, &part, sizeof part, parser->error))
			return false;
	}
	return close_pending(parser, first_pending, PATTERN_EACH, bytes, node);
}

static bool
parse_alternatives(struct parser *parser, uint32_t *node)
{
	size_t first_pending = parser->pending.size;
	uint32_t bytes = 0;
	do {
		uint32_t one;
		if (!parse_sequence(parser, &one) ||
		    !buffer_append(&parser->pending, &one, sizeof one, parser->error))
			return false;
		bytes = longest(parser, one) > bytes ? longest(parser, one) : bytes;
	} while (take(parser, '|'));
	return close_pending(parser, first_pending, PATTERN_ONE_OF, bytes, node);
}

static bool
parse(struct parser *parser)
{
	struct view text = parser->text;
	const uint8_t *fault = utf8_fault(text.data, text.size);
	if (text.size > PATTERN_MOST)
		return nest_error_set(
		    parser->error, NEST_USAGE, "a pattern has at most %d bytes", PATTERN_MOST);
	if (fault != NULL)
		return refuse(parser, (size_t)(fault - text.data), "the text is not UTF-8");
	return parse_alternatives(parser, &parser->pattern->root);
}

bool
pattern_open(struct pattern *pattern, struct view text, struct nest_error *error)
{
	struct parser parser = {.pattern = pattern, .text = text, .error = error};
	*pattern = (struct pattern){.root = PATTERN_NOTHING};
	bool parsed = parse(&parser);
	if (parsed)
		pattern->longest_bytes = longest(&parser, pattern->root);
	else
		pattern_free(pattern);
	buffer_free(&parser.pending);
	return parsed;
}
