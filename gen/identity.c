#include "gen/identity.h"

#include "lib/base/run.h"
#include "lib/base/version.h"
#include "lib/wire/frame.h"

bool
identity_of_rows(const struct recipe *recipe, uint64_t seed, const struct plan_options *plan,
    struct digest_value *run, struct nest_error *error)
{
	struct digest *digest;
	if (!digest_open(&digest, error))
		return false;
	recipe_add_identity(recipe, digest);
	digest_add_count(digest, "seed", seed);
	digest_add_count(digest, "first row", plan->first_row);
	digest_add_count(digest, "rows", plan->rows);
	digest_add_count(digest, "parts", plan->parts);
	digest_add_count(digest, "frames", FRAME_VERSION);
	/* It stands in the files. */
	digest_add_text(digest, "nest", view_of_text(NEST_VERSION));
	*run = run_identity(digest_value(digest), true);
	digest_close(digest);
	return true;
}
