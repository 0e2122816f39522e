/*
 * taking - records with names, walked in memory by the rules that nest-shred
 * walks them by: what unit tests and fuzzers hold the walks with.
 */
#ifndef NEST_TESTS_TAKING_H
#define NEST_TESTS_TAKING_H

#include "shred/shredder.h"
#include "shred/walk.h"

struct taking {
	struct shredder shredder;
	struct walk_rules rules;
	struct walk walk;
	struct nest_error error; /* of the record that was refused last */
};

/* walk_json_record() or walk_pack_record() */
typedef const uint8_t *record_walker(struct walk *walk, const uint8_t *at);

/* False where SCHEMA is none or RULES do not fit it, as error says. */
bool taking_init(struct taking *taking, struct view schema, const struct walk_rules *rules);
void taking_free(struct taking *taking);

/*
 * Walks the record at AT, carefully where fields come twice; returns what is
 * behind it, or NULL, and then nothing of it is in the stripes.  The caller has
 * set walk.end.
 */
const uint8_t *taking_walk(struct taking *taking, record_walker *walker, const uint8_t *at);

/* Whether all levels are within the schema's, the values add up, and ROWS records begin. */
bool taking_adds_up(const struct taking *taking, uint64_t rows);
/* The same of one leaf. */
bool taking_leaf_adds_up(const struct stripe *stripe, const struct schema_node *leaf, uint64_t rows);

#endif
