#include "gen/chance/zipf.h"

bool
zipf_init(struct zipf *zipf, double exponent, uint64_t ranks, struct nest_error *error)
{
	if (!(exponent > 0 && exponent < real_infinity()))
		return nest_error_set(
		    error, NEST_USAGE, "the exponent of a Zipf distribution is above 0, not %g", exponent);
	if (ranks < 1 || ranks > ZIPF_RANKS_MOST)
		return nest_error_set(error, NEST_USAGE,
		    "a Zipf distribution has from 1 to %llu ranks, not %llu", ZIPF_RANKS_MOST,
		    (unsigned long long)ranks);
	*zipf = (struct zipf){.exponent = exponent, .slope = 1 - exponent, .ranks = ranks};
	zipf->low = zipf_area(zipf, 1.5) - 1;
	zipf->high = zipf_area(zipf, (double)ranks + 0.5);
	double second = zipf_area(zipf, 2.5) - real_exp(-exponent * real_log(2));
	zipf->squeeze = 2 - (zipf->slope == 0 ? real_exp(second) : zipf_inverse(zipf->slope, second));
	return true;
}
