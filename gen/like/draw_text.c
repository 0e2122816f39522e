/* draw_text.c - texts: those that come often, and others of the shapes that were seen. */
#include "gen/like/draw.h"

#include "gen/like/stand_in.h"

#include <stdlib.h>

/* The sample's texts that come often, or what stands for them; what is left of SHAPES and *WEIGHT is for
 * others. */
static void
draw_often(struct drawer *drawer, struct tally *tally, uint64_t all, struct shapes *shapes, double *weight)
{
	struct paper *paper = &drawer->choice.paper;
	size_t told = 0;
	tally_sort(tally);
	/* With their values, all texts are told where they are few. */
	bool tells_all = drawer->keeps_values && !tally->is_partial && tally->count <= 4 * drawer->detail;
	for (uint32_t i = 0; i < tally->count; i++) {
		const struct tally_value *value = &tally->values[i];
		struct view text = {value->bytes, value->size};
		if (!tells_all && !draw_is_frequent(drawer, value->count, all, told))
			break;
		if (!shapes_add(shapes, text, -(int64_t)value->count, drawer->error))
			draw_fail(drawer);
		*weight -= (double)value->count;
		/* Nothing stands for an empty text but itself. */
		if (!drawer->keeps_values && text.size > 0) {
			if (!stand_in(&drawer->profile->seen, text, false, &drawer->made, drawer->error))
				draw_fail(drawer);
			text = (struct view){drawer->made.data, drawer->made.size};
		}
		draw_next(drawer, (double)value->count, 0);
		paper_text(paper, text);
		told++;
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
