/* identity - the fingerprint of all that decides the rows of a run and how they are cut into parts. */
#ifndef NEST_GEN_IDENTITY_H
#define NEST_GEN_IDENTITY_H

#include "gen/plan.h"
#include "gen/recipe.h"
#include "lib/base/digest.h"

/* Of the whole dataset: it does not depend on shares, batches, or what is made side by side. */
bool identity_of_rows(const struct recipe *recipe, uint64_t seed, const struct plan_options *plan,
    struct digest_value *run, struct nest_error *error);

#endif
