#include "gen/like/buckets.h"

#include <math.h>

enum { STEPS_IN_PART = 2 };

/* A bucket and the points in it. */
struct piece {
	struct bucket bucket;
	const struct point *points;
	size_t count;
	double badness; /* up to 1: even enough */
	int64_t cut;    /* where the upper part would begin */
};

struct fitter {
	const struct bucket_rules *rules;
	double total, sum;
};

int64_t
buckets_step(double size)
{
	int64_t step = 1;
	while ((double)step * 10 <= size && step < INT64_MAX / 100)
		step *= 10;
	return (double)step * 5 <= size ? step * 5 : (double)step * 2 <= size ? step * 2 : step;
}

int64_t
buckets_floor(int64_t value, int64_t step)
{
	int64_t rest = value % step;
	rest += rest < 0 ? step : 0;
	return value >= INT64_MIN + rest ? value - rest : INT64_MIN;
}

static double
width(const struct bucket *bucket)
{
	return (double)bucket->high - (double)bucket->low + 1;
}

/* Notes CUT, with BEFORE of the points below it, if they are less even there than anywhere before. */
static void
try_cut(struct piece *piece, int64_t cut, double before, double *worst)
{
	const struct bucket *bucket = &piece->bucket;
	if (cut <= bucket->low || cut > bucket->high)
		return;
	double even = piece->bucket.weight * (((double)cut - (double)bucket->low) / width(bucket));
	if (fabs(before - even) > *worst) {
		*worst = fabs(before - even);
		piece->cut = cut;
	}
}

/* Moves the cut to a round number; false if there is none in the bucket. */
static bool
settle_cut(const struct fitter *fitter, struct piece *piece)
{
	const struct bucket *bucket = &piece->bucket;
	if (fitter->rules->is_exact)
		return true;
	/* The narrower the smaller part, the finer the round numbers. */
	double lower = (double)piece->cut - (double)bucket->low,
	       upper = (double)bucket->high - (double)piece->cut + 1;
	int64_t step = buckets_step((lower < upper ? lower : upper) / STEPS_IN_PART);
	int64_t below = buckets_floor(piece->cut, step);
	if (piece->cut - below > step / 2 && below <= INT64_MAX - step)
		below += step;
	piece->cut = below;
	const int64_t *ends = fitter->rules->ends, slack = fitter->rules->slack;
	for (unsigned i = 0; i < 2; i++)
		if (ends[i] >= below - 1 - slack && ends[i] <= below + slack)
			return false;
	return below > bucket->low && below <= bucket->high;
}

static void
judge(const struct fitter *fitter, struct piece *piece)
{
	const struct bucket_rules *rules = fitter->rules;
	double before = 0, worst = 0, sum = 0;
	for (size_t i = 0; i < piece->count; i++)
		piece->bucket.weight += (double)piece->points[i].count;
	for (size_t i = 0; i < piece->count; i++) {
		const struct point *point = &piece->points[i];
		try_cut(piece, point->value, before, &worst);
		before += (double)point->count;
		sum += (double)point->value * (double)point->count;
		if (point->value < INT64_MAX)
			try_cut(piece, point->value + 1, before, &worst);
	}
	if (worst == 0 || !settle_cut(fitter, piece))
		return;
	piece->badness = worst / fitter->total / rules->nearness;
	if (rules->mean_nearness > 0) {
		double middle = ((double)piece->bucket.low + (double)piece->bucket.high) / 2;
		double off = fabs(sum - middle * piece->bucket.weight) / fabs(fitter->sum);
		piece->badness = fmax(piece->badness, off / rules->mean_nearness);
	}
}

/* Cuts a piece in two. */
static void
cut_piece(const struct fitter *fitter, struct piece *lower, struct piece *upper)
{
	struct piece whole = *lower;
	size_t count = 0;
	while (count < whole.count && whole.points[count].value < whole.cut)
		count++;
	*lower = (struct piece){
	    .bucket = {whole.bucket.low, whole.cut - 1, 0}, .points = whole.points, .count = count};
	*upper = (struct piece){.bucket = {whole.cut, whole.bucket.high, 0},
	    .points = whole.points + count,
	    .count = whole.count - count};
	judge(fitter, lower);
	judge(fitter, upper);
}

static size_t
worst_of(const struct piece *pieces, size_t count)
{
	size_t worst = 0;
	for (size_t i = 1; i < count; i++)
		if (pieces[i].badness > pieces[worst].badness)
			worst = i;
	return worst;
}

size_t
buckets_fit(const struct point *points, size_t count, const struct bucket_rules *rules,
    struct bucket buckets[BUCKETS_MOST])
{
	struct piece pieces[BUCKETS_MOST];
	struct fitter fitter = {.rules = rules};
	size_t made = 1, kept = 0;
	for (size_t i = 0; i < count; i++) {
		fitter.total += (double)points[i].count;
		fitter.sum += (double)points[i].count * (double)points[i].value;
	}
	pieces[0] = (struct piece){.bucket = {rules->low, rules->high, 0}, .points = points, .count = count};
	judge(&fitter, &pieces[0]);
	while (made < rules->most) {
		size_t worst = worst_of(pieces, made);
		if (!(pieces[worst].badness > 1))
			break;
		memmove(&pieces[worst + 1], &pieces[worst], (made - worst) * sizeof *pieces);
		cut_piece(&fitter, &pieces[worst], &pieces[worst + 1]);
		made++;
	}
	for (size_t i = 0; i < made; i++)
		if (pieces[i].count > 0)
			buckets[kept++] = pieces[i].bucket;
	return kept;
}
