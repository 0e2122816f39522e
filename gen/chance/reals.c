#include "gen/chance/reals.h"

void
reals_exp(const double *x, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = real_exp(x[i]);
}
