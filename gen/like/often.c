#include "gen/like/often.h"

#include <math.h>

enum { AROUND_PARTS = 40 };

/* How much more frequent, as a share of all. */
static const double more = 0.012;

void
often_open(struct often *often, struct point *points, size_t count)
{
	*often = (struct often){.points = points, .count = count};
	for (size_t i = 0; i < count; i++)
		often->kept += (double)points[i].count;
	if (count > 0) {
		often->low = points[0].value;
		often->high = points[count - 1].value;
	}
}

/* The average share of numbers around VALUE, without it and those singled out. */
static double
part_around(const struct often *often, int64_t value)
{
	double low = (double)often->low, high = (double)often->high, found = 0;
	double wide = floor(fmax((high - low) / AROUND_PARTS, 1));
	low = fmax(low, (double)value - wide);
	high = fmin(high, (double)value + wide);
	double numbers = high - low;
	for (size_t i = 0; i < often->told_count; i++)
		numbers -= (double)often->told[i] >= low && (double)often->told[i] <= high;
	for (size_t i = 0; i < often->count; i++)
		if (often->points[i].value != value && (double)often->points[i].value >= low &&
		    (double)often->points[i].value <= high)
			found += (double)often->points[i].count;
	return numbers >= 1 ? found / numbers / often->kept : 0;
}

bool
often_tell(struct often *often, int64_t value, double part)
{
	size_t kept = 0;
	if (often->told_count == OFTEN_MOST || part - part_around(often, value) <= more)
		return false;
	often->told[often->told_count++] = value;
	for (size_t i = 0; i < often->count; i++)
		if (often->points[i].value != value)
			often->points[kept++] = often->points[i];
	often->count = kept;
	return true;
}
