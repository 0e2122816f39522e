/* encode_group.c - encodes the values of a row group anew, with one chunk in memory at a time. */
#include "merge/composer.h"

#include <stdlib.h>

static bool
encode_chunk(
    struct composer *composer, struct carried_group *made, uint32_t leaf, struct carried_chunk *chunk)
{
	const struct row_group *known = composer_group(composer, made->group);
	struct column_rules rules = composer_rules(composer);
	rules.chunk_rows = known->num_rows;
	chunk->leaf = composer_leaf(composer, leaf);
	if (chunk->leaf != SCHEMA_ABSENT) {
		const struct column_chunk *was = &known->columns[chunk->leaf];
		composer_follow(composer, &rules, was, true);
		made->more_uncompressed -= (int64_t)was->total_uncompressed_bytes;
		made->more_compressed -= (int64_t)was->total_compressed_bytes;
	}
	return composer_make_chunk(composer, made, leaf, &rules, chunk, true);
}

bool
composer_encode_group(struct composer *composer, struct group_place place)
{
	uint32_t leaves = composer->sources->schema->leaf_count;
	size_t size = leaves * sizeof(struct carried_chunk);
	struct carried_chunk *chunks = composer_own(composer, calloc(1, size), size);
	struct carried_group made = {.file = place.file,
	    .group = place.group,
	    .file_offset = composer->out->written,
	    .chunks = chunks};
	if (chunks == NULL || !composer_use(composer, place.file) ||
	    !composer_check_rows(composer, place.group))
		return false;
	for (uint32_t leaf = 0; leaf < leaves; leaf++)
		if (!encode_chunk(composer, &made, leaf, &chunks[leaf]))
			return false;
	return composer_add(composer, &made);
}
