/* pattern.c - draws from a plan, and frees it; pattern_parse.c makes it. */
#include "gen/chance/pattern.h"

#include "gen/chance/draw.h"
#include "lib/base/utf8.h"

struct drawing {
	const struct pattern *pattern;
	uint64_t word, choices;
	uint8_t *at;
};

/* Chooses one of COUNT; each choice has a word of its own. */
static inline uint32_t
choose(struct drawing *drawing, uint32_t count)
{
	return (uint32_t)draw_below(draw(drawing->word, ++drawing->choices), 64, count);
}

static void
draw_member(struct drawing *drawing, const struct pattern_node *node)
{
	const struct pattern_range *range =
	    (const struct pattern_range *)drawing->pattern->ranges.data + node->first;
	uint32_t member = choose(drawing, node->most);
	for (uint32_t count = node->count; count > 1;) {
		uint32_t half = count / 2;
		bool behind = member >= range[half].before;
		range += behind ? half : 0;
		count = behind ? count - half : half;
	}
	uint32_t code = range->first + (member - range->before);
	if (code < 0x80)
		*drawing->at++ = (uint8_t)code;
	else
		drawing->at = utf8_put(drawing->at, code);
}

static void draw_node(struct drawing *drawing, uint32_t index);

/* Most that is in others is a class. */
static inline void
draw_inner(struct drawing *drawing, uint32_t index)
{
	const struct pattern_node *nodes = (const struct pattern_node *)drawing->pattern->nodes.data;
	if (index != PATTERN_NOTHING && nodes[index].kind == PATTERN_CLASS)
		draw_member(drawing, &nodes[index]);
	else
		draw_node(drawing, index);
}

/* Recursion is as deep as groups are. */
static void
draw_node(struct drawing *drawing, uint32_t index)
{
	if (index == PATTERN_NOTHING)
		return;
	const struct pattern *pattern = drawing->pattern;
	const struct pattern_node *node = (const struct pattern_node *)pattern->nodes.data + index;
	const uint32_t *links = (const uint32_t *)pattern->links.data;
	switch (node->kind) {
	case PATTERN_TEXT:
		memcpy(drawing->at, pattern->texts.data + node->first, node->count);
		drawing->at += node->count;
		break;
	case PATTERN_CLASS:
		draw_member(drawing, node);
		break;
	case PATTERN_EACH:
		for (uint32_t i = 0; i < node->count; i++)
			draw_inner(drawing, links[node->first + i]);
		break;
	case PATTERN_ONE_OF:
		draw_node(drawing, links[node->first + choose(drawing, node->count)]);
		break;
	case PATTERN_REPEAT: {
		uint32_t times = node->least;
		if (node->most > node->least)
			times += choose(drawing, node->most - node->least + 1);
		for (uint32_t i = 0; i < times; i++)
			draw_inner(drawing, node->first);
		break;
	}
	}
}

size_t
pattern_draw(const struct pattern *pattern, uint64_t word, uint8_t *to)
{
	struct drawing drawing = {pattern, word, 0, to};
	draw_node(&drawing, pattern->root);
	return (size_t)(drawing.at - to);
}

void
pattern_free(struct pattern *pattern)
{
	buffer_free(&pattern->nodes);
	buffer_free(&pattern->ranges);
	buffer_free(&pattern->links);
	buffer_free(&pattern->texts);
	*pattern = (struct pattern){.root = PATTERN_NOTHING};
}
