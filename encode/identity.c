#include "encode/identity.h"

#include "encode/partition_options.h"
#include "encode/sorting.h"

#include "lib/base/run.h"
#include "lib/base/version.h"

/* Changes whenever the same columns and options make other bytes than before. */
enum { WRITER_VERSION = 2 };

bool
identity_of_parts(struct digest_value columns, const struct part_options *options, struct digest_value *run,
    struct nest_error *error)
{
	struct digest *digest;
	*run = columns;
	if (digest_is_zero(columns))
		return true;
	if (!digest_open(&digest, error))
		return false;
	digest_add_text(digest, "columns", (struct view){columns.bytes, sizeof columns.bytes});
	digest_add_count(digest, "writer", WRITER_VERSION);
	digest_add_text(digest, "nest", view_of_text(NEST_VERSION));
	digest_add_count(digest, "codec", options->compression.kind);
	digest_add_count(digest, "level", (uint64_t)options->compression.level);
	digest_add_count(digest, "row group rows", options->row_group_rows);
	digest_add_count(digest, "row group bytes", options->row_group_bytes);
	digest_add_count(digest, "page rows", options->page_rows);
	digest_add_count(digest, "page bytes", options->page_bytes);
	digest_add_count(digest, "page type", options->page_type);
	digest_add_count(digest, "preset", options->preset);
	digest_add_count(digest, "page index", options->page_index);
	digest_add_count(digest, "page checksum", options->page_checksum);
	digest_add_count(digest, "dictionary", options->dictionary);
	digest_add_count(digest, "dictionary page bytes", options->dictionary_page_bytes);
	if (options->sorting != NULL)
		sort_options_digest(options->sorting, digest);
	if (options->columns != NULL)
		columns_options_digest(options->columns, digest);
	if (options->partitioning != NULL)
		partition_options_digest(options->partitioning, digest);
	*run = run_identity(digest_value(digest), run_is_repeatable(columns));
	digest_close(digest);
	return true;
}
