#include "gen/like/choice.h"

#include <stdio.h>

enum {
	UNITS = 100000, /* of all shares: thousandths of a percent */
	IN_A_LINE = 4,
	LINE_BYTES = 90,
};

struct item {
	size_t begin;
	double weight, rest;
	uint32_t units;
};

void
choice_free(struct choice *choice)
{
	paper_free(&choice->paper);
	buffer_free(&choice->items);
}

static size_t
count_items(const struct choice *choice)
{
	return choice->items.size / sizeof(struct item);
}

void
choice_next(struct choice *choice, double weight)
{
	struct item item = {.begin = choice->paper.out.size, .weight = weight};
	choice->paper.has_failed = choice->paper.has_failed ||
	                           !buffer_append(&choice->items, &item, sizeof item, choice->paper.error);
}

/* The text of item I. */
static struct view
text_of(const struct choice *choice, size_t i)
{
	const struct item *items = (const struct item *)choice->items.data;
	size_t end = i + 1 < count_items(choice) ? items[i + 1].begin : choice->paper.out.size;
	return (struct view){choice->paper.out.data + items[i].begin, end - items[i].begin};
}

/* Computes shares that add up to UNITS; each item with a weight has one. */
static void
divide(struct item *items, size_t count)
{
	double sum = 0;
	uint32_t given = 0;
	for (size_t i = 0; i < count; i++)
		sum += items[i].weight;
	for (size_t i = 0; i < count; i++) {
		double units = items[i].weight > 0 ? items[i].weight / sum * UNITS : 0;
		items[i].units = (uint32_t)units;
		items[i].rest = units - items[i].units;
		if (items[i].units == 0 && items[i].weight > 0) {
			items[i].units = 1;
			items[i].rest = 0;
		}
		given += items[i].units;
	}
	/* What rounding took is given to those that lost most; what it added is taken from the largest. */
	while (sum > 0 && given != UNITS) {
		size_t best = 0;
		for (size_t i = 1; i < count; i++)
			if (given < UNITS ? items[i].rest > items[best].rest
					  : items[i].units > items[best].units)
				best = i;
		items[best].units += given < UNITS ? 1 : UINT32_MAX;
		items[best].rest = 0;
		given += given < UNITS ? 1 : UINT32_MAX;
	}
}

static void
put_share(struct paper *paper, uint32_t units)
{
	char text[32];
	int size = snprintf(text, sizeof text, "%u.%03u", units / 1000, units % 1000);
	while (text[size - 1] == '0')
		size--;
	size -= text[size - 1] == '.';
	paper_put(paper, " %.*s%%", size, text);
}

static void
put_items(struct choice *choice, const struct item *items, size_t count, struct paper *paper, unsigned depth)
{
	size_t last = 0, shown = 0, done = 0;
	bool is_even = true;
	for (size_t i = 0; i < count; i++) {
		if (items[i].units == 0)
			continue;
		is_even = is_even && (shown == 0 || items[i].units == items[last].units);
		last = i;
		shown++;
	}
	bool has_lines = shown > IN_A_LINE || choice->paper.out.size > LINE_BYTES;
	if (shown == 0)
		paper_put(paper, "null");
	for (size_t i = 0; i < count; i++) {
		if (items[i].units == 0)
			continue;
		if (done++ > 0 && has_lines)
			paper_line(paper, depth);
		paper_put(paper, "%s", done == 1 ? "" : has_lines ? "| " : " | ");
		paper_bytes(paper, text_of(choice, i));
		if (!is_even && i != last)
			put_share(paper, items[i].units);
	}
}

void
choice_write(struct choice *choice, struct paper *paper, unsigned depth)
{
	struct item *items = (struct item *)choice->items.data;
	size_t count = count_items(choice);
	divide(items, count);
	put_items(choice, items, count, paper, depth);
	paper->has_failed = paper->has_failed || choice->paper.has_failed;
	buffer_clear(&choice->paper.out);
	buffer_clear(&choice->items);
}
