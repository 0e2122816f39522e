#include "gen/chance/pattern_class.h"

#include <stdlib.h>

enum { PRINTABLE_FIRST = ' ', PRINTABLE_LAST = '~' };

bool
class_add(struct buffer *ranges, uint32_t first, uint32_t last, struct nest_error *error)
{
	const uint32_t surrogate = 0xd800, behind = 0xe000;
	if (first < surrogate && last >= behind)
		return class_add(ranges, first, surrogate - 1, error) &&
		       class_add(ranges, behind, last, error);
	struct pattern_range range = {first, last, 0};
	return buffer_append(ranges, &range, sizeof range, error);
}

static int
compare(const void *a, const void *b)
{
	uint32_t first = ((const struct pattern_range *)a)->first;
	uint32_t second = ((const struct pattern_range *)b)->first;
	return (first > second) - (first < second);
}

/* Sorts the ranges and joins those that touch; returns how many are left. */
static size_t
merge(struct pattern_range *ranges, size_t count)
{
	size_t kept = 0;
	qsort(ranges, count, sizeof *ranges, compare);
	for (size_t i = 1; i < count; i++) {
		if (ranges[i].first > ranges[kept].last + 1)
			ranges[++kept] = ranges[i];
		else if (ranges[i].last > ranges[kept].last)
			ranges[kept].last = ranges[i].last;
	}
	return kept + 1;
}

/* Appends the printable characters between the ranges, which are in order, from OFFSET on. */
static bool
add_others(struct buffer *ranges, size_t offset, size_t count, struct nest_error *error)
{
	uint32_t next = PRINTABLE_FIRST;
	for (size_t i = 0; i < count; i++) {
		struct pattern_range range = ((struct pattern_range *)ranges->data)[offset + i];
		uint32_t end = range.first < PRINTABLE_LAST + 1 ? range.first : PRINTABLE_LAST + 1;
		if (end > next && !class_add(ranges, next, end - 1, error))
			return false;
		next = range.last + 1 > next ? range.last + 1 : next;
	}
	return next > PRINTABLE_LAST || class_add(ranges, next, PRINTABLE_LAST, error);
}

static size_t
count_from(const struct buffer *ranges, size_t offset)
{
	return ranges->size / sizeof(struct pattern_range) - offset;
}

/* Replaces the ranges from OFFSET on by the printable characters outside them. */
static bool
negate(struct buffer *ranges, size_t offset, struct nest_error *error)
{
	size_t count = count_from(ranges, offset);
	if (count > 0)
		count = merge((struct pattern_range *)ranges->data + offset, count);
	ranges->size = (offset + count) * sizeof(struct pattern_range);
	if (!add_others(ranges, offset, count, error))
		return false;
	struct pattern_range *own = (struct pattern_range *)ranges->data + offset;
	size_t others = count_from(ranges, offset + count);
	memmove(own, own + count, others * sizeof *own);
	ranges->size = (offset + others) * sizeof *own;
	return true;
}

bool
class_add_letter(struct buffer *ranges, uint8_t letter, bool *is_one, struct nest_error *error)
{
	size_t offset = count_from(ranges, 0);
	bool added = true;
	*is_one = true;
	switch (letter | 0x20) {
	case 'd':
		added = class_add(ranges, '0', '9', error);
		break;
	case 'w':
		added = class_add(ranges, '0', '9', error) && class_add(ranges, 'A', 'Z', error) &&
		        class_add(ranges, '_', '_', error) && class_add(ranges, 'a', 'z', error);
		break;
	case 's':
		added = class_add(ranges, '\t', '\r', error) && class_add(ranges, ' ', ' ', error);
		break;
	default:
		*is_one = false;
		return true;
	}
	return added && ((letter & 0x20) != 0 || negate(ranges, offset, error));
}

static uint32_t
bytes_of(uint32_t code)
{
	return code > 0xffff ? 4 : code > 0x7ff ? 3 : code > 0x7f ? 2 : 1;
}

bool
class_close(
    struct buffer *ranges, size_t offset, bool negated, struct pattern_node *node, struct nest_error *error)
{
	if (negated && !negate(ranges, offset, error))
		return false;
	size_t count = count_from(ranges, offset);
	struct pattern_range *own = (struct pattern_range *)ranges->data + offset;
	*node = (struct pattern_node){.kind = PATTERN_CLASS, .first = (uint32_t)offset};
	if (count == 0)
		return true;
	node->count = (uint32_t)merge(own, count);
	ranges->size = (offset + node->count) * sizeof *own;
	for (uint32_t i = 0; i < node->count; i++) {
		own[i].before = node->most;
		node->most += own[i].last - own[i].first + 1;
	}
	node->longest_bytes = bytes_of(own[node->count - 1].last);
	return true;
}
