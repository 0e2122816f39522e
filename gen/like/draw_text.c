/* draw_text.c - texts: frequent ones, and others of the shapes seen. */
#include "gen/like/draw.h"

#include "gen/like/stand_in.h"

#include <math.h>
#include <stdlib.h>

/* Whether frequent text I, of ALL, gets an alternative of its own. */
static bool
is_told(const struct drawer *drawer, const struct tally *tally, uint32_t i, uint64_t all)
{
	/* If values are kept, all texts get one if they are few. */
	if (drawer->keeps_values && !tally->is_partial && tally->count <= 4 * drawer->detail)
		return true;
	return draw_is_frequent(drawer, tally->values[i].count, all, i);
}

/* Draws a text of the sample, or its stand-in. */
static void
draw_told(struct drawer *drawer, const struct tally_value *value, double weight)
{
	struct view text = {value->bytes, value->size};
	/* An empty text has no stand-in. */
	if (!drawer->keeps_values && text.size > 0) {
		if (!stand_in(&drawer->profile->seen, text, false, &drawer->made, drawer->error))
			draw_fail(drawer);
		text = (struct view){drawer->made.data, drawer->made.size};
	}
	draw_next(drawer, weight, 0);
	paper_text(&drawer->choice.paper, text);
}

/* Draws frequent texts; the rest of SHAPES and *WEIGHT is for others. */
static void
draw_often(struct drawer *drawer, struct tally *tally, uint64_t all, struct shapes *shapes, double *weight)
{
	tally_sort(tally);
	for (uint32_t i = 0; i < tally->count && is_told(drawer, tally, i, all); i++) {
		const struct tally_value *value = &tally->values[i];
		struct view text = {value->bytes, value->size};
		if (!shapes_add(shapes, text, -(int64_t)value->count, drawer->error))
			draw_fail(drawer);
		*weight -= (double)value->count;
		draw_told(drawer, value, (double)value->count);
	}
}

void
draw_text(struct drawer *drawer, uint32_t index)
{
	struct profile_node *node = &drawer->profile->nodes[index];
	struct shapes shapes = node->shapes;
	double weight = (double)node->shapes.texts;
	bool is_unique = draw_is_unique(drawer, index);
	if (times_are(&node->times)) {
		draw_times(drawer, index, false);
		return;
	}
	/* A recipe may be written more than once. */
	shapes.shapes = malloc((shapes.count + 1) * sizeof *shapes.shapes);
	if (shapes.shapes == NULL) {
		nest_error_memory(drawer->error, shapes.count * sizeof *shapes.shapes, "shapes of texts");
		draw_fail(drawer);
		return;
	}
	shapes.capacity = shapes.count + 1;
	if (shapes.count > 0)
		memcpy(shapes.shapes, node->shapes.shapes, shapes.count * sizeof *shapes.shapes);
	if (!is_unique)
		draw_often(drawer, &node->tally, node->shapes.texts, &shapes, &weight);
	draw_shapes(drawer, &shapes, weight, is_unique);
	shapes_free(&shapes);
}

/* Whether each key has an alternative of its own, enough for a map of MOST keys. */
static bool
are_keys_told(struct drawer *drawer, struct profile_node *node, uint64_t most)
{
	uint64_t told = 0;
	tally_sort(&node->tally);
	for (uint32_t i = 0; i < node->tally.count; i++) {
		if (!is_told(drawer, &node->tally, i, node->shapes.texts))
			return false;
		told += node->tally.values[i].count;
	}
	return told == node->shapes.texts && node->tally.count >= most;
}

bool
draw_keys(struct drawer *drawer, uint32_t index, uint64_t most)
{
	struct profile_node *node = &drawer->profile->nodes[index];
	if (most < 2 || !are_keys_told(drawer, node, most)) {
		bool hides_row = drawer->hides_row;
		/* The keys of a map would all be made from the same row number. */
		drawer->hides_row = hides_row || most > 1;
		draw_text(drawer, index);
		drawer->hides_row = hides_row;
		return false;
	}
	double maps = (double)(node->values - node->lengths[0]);
	for (uint32_t i = 0; i < node->tally.count; i++) {
		const struct tally_value *value = &node->tally.values[i];
		/* Drawn by these weights, without repetition, a key is in about this share of the maps. */
		double part = fmin((double)value->count / maps, 1 - 0.5 / maps);
		draw_told(drawer, value, -log1p(-part));
	}
	return true;
}
