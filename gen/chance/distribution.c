#include "gen/chance/distribution.h"

bool
geometric_init(struct geometric *geometric, double success, uint64_t most, struct nest_error *error)
{
	if (!(success > 0 && success <= 1))
		return nest_error_set(error, NEST_USAGE,
		    "a try succeeds with a probability above 0 and up to 1, not %g", success);
	*geometric = (struct geometric){-1 / real_log1p(-success), most};
	return true;
}
