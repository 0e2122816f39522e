#include "gen/like/draw.h"

#include "gen/like/stand_in.h"

#include <stdlib.h>

enum {
	UNIQUE_LEAST = 8,     /* values, of which no two are equal by chance */
	FREQUENT_PARTS = 250, /* a value more frequent than one in this many is an alternative of its own */
};

/* For lengths: the share of all that may be misplaced, and that of the mean. */
static const double length_nearness = 0.002;

void
draw_next(struct drawer *drawer, double weight, double draws)
{
	drawer->draws += draws;
	choice_next(&drawer->choice, weight);
}

void
draw_fail(struct drawer *drawer)
{
	drawer->choice.paper.has_failed = true;
}

/* The sieve keeps only some of many values, and may miss a frequent one. */
static bool
has_repeats(const struct profile_node *node)
{
	for (uint32_t i = 0; i < node->tally.count; i++)
		if (node->tally.values[i].count > 1)
			return true;
	return node->distinct.has_repeats;
}

bool
draw_is_unique(const struct drawer *drawer, uint32_t index)
{
	const struct profile_node *node = &drawer->profile->nodes[index];
	return !drawer->hides_row && !node->is_repeated && node->values >= UNIQUE_LEAST && !has_repeats(node);
}

bool
draw_is_frequent(const struct drawer *drawer, uint64_t count, uint64_t all, size_t before)
{
	return count >= 2 && count * FREQUENT_PARTS >= all && before < 2 * (size_t)drawer->detail;
}

/* ---- lengths ---- */

static size_t
length_points(const struct drawer *drawer, const struct profile_node *node, struct point *points)
{
	size_t count = 0;
	for (uint32_t i = 0; i < node->length_capacity; i++) {
		int64_t length = (int64_t)(i < drawer->length_most ? i : drawer->length_most);
		if (node->lengths[i] == 0)
			continue;
		if (count > 0 && points[count - 1].value == length)
			points[count - 1].count += node->lengths[i];
		else
			points[count++] = (struct point){length, node->lengths[i]};
	}
	return count;
}

void
draw_length(struct drawer *drawer, uint32_t index, uint64_t *most)
{
	const struct profile_node *node = &drawer->profile->nodes[index];
	struct bucket buckets[BUCKETS_MOST];
	struct point *points = malloc((node->length_capacity + 1) * sizeof *points);
	*most = 0;
	if (points == NULL) {
		nest_error_memory(drawer->error, node->length_capacity * sizeof *points, "lengths of lists");
		draw_fail(drawer);
		return;
	}
	size_t count = length_points(drawer, node, points);
	if (count > 0) {
		struct bucket_rules rules = {.low = points[0].value,
		    .high = points[count - 1].value,
		    .most = drawer->detail,
		    .nearness = length_nearness,
		    .mean_nearness = length_nearness,
		    .is_exact = true};
		*most = (uint64_t)rules.high;
		count = buckets_fit(points, count, &rules, buckets);
	}
	for (size_t i = 0; i < count; i++) {
		draw_next(drawer, buckets[i].weight, 1);
		paper_put(&drawer->choice.paper, "%lld", (long long)buckets[i].low);
		if (buckets[i].high > buckets[i].low)
			paper_put(&drawer->choice.paper, "..%lld", (long long)buckets[i].high);
	}
	free(points);
}

/* ---- JSON ---- */

void
draw_json(struct drawer *drawer, uint32_t index)
{
	static const char *const texts[SORT_COUNT] = {[SORT_OBJECT] = "\"\\{\\}\"",
	    [SORT_ARRAY] = "\"[]\"",
	    [SORT_STRING] = "pattern('\"[a-z]{3,12}\"')",
	    [SORT_BOOLEAN] = "\"true\"",
	    [SORT_NUMBER] = "\"{0..1000}\""};
	struct profile_node *node = &drawer->profile->nodes[index];
	uint64_t left[SORT_COUNT];
	size_t told = 0;
	memcpy(left, node->sorts, sizeof left);
	tally_sort(&node->tally);
	for (uint32_t i = 0; i < node->tally.count; i++) {
		const struct tally_value *value = &node->tally.values[i];
		struct view text = {value->bytes, value->size};
		if (!draw_is_frequent(drawer, value->count, node->values, told))
			break;
		left[json_sort_of(text)] -= value->count;
		if (!drawer->keeps_values) {
			if (!stand_in(&drawer->profile->seen, text, true, &drawer->made, drawer->error))
				draw_fail(drawer);
			text = (struct view){drawer->made.data, drawer->made.size};
		}
		draw_next(drawer, (double)value->count, 0);
		paper_text(&drawer->choice.paper, text);
		told++;
	}
	for (unsigned i = 0; i < SORT_COUNT; i++) {
		draw_next(drawer, (double)left[i], 2);
		paper_put(&drawer->choice.paper, "%s", texts[i]);
	}
}
