/*
 * sample - probes of which one call in so many is metered, and the others are only counted.
 *
 * What is passed over counts down to the next sample, in the context or in the code that patched functions
 * jump to.  The time that it took, by the average of each probe, is a clock of its own: what that clock shows
 * more at the end of a frame than at its begin is not inherent to it.
 */
#include "lib/meter/internal.h"

/* A gap as long as EVERY on average, and by half more or less, lest it keep step with the program. */
static int32_t
draw_gap(struct meter_context *context, uint64_t every)
{
	context->chance = context->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int32_t)(every / 2 + (context->chance >> 33) % every);
}

/*
 * Two calls are metered after each gap.  The first finds cold caches and takes longer than most; it stands
 * for itself, and the second for all that were passed over.
 */
static void
open_sample(struct meter_context *context, struct meter_frame *frame, struct meter_row *row, uint32_t rate)
{
	struct meter_sampled *sampled = &context->sampled[row->listed - 1];
	int32_t gap = 0;
	meter_add(&row->owed, row->gap);
	if (row->turn == METER_AFRESH) {
		gap = sampled->ahead;
		row->turn = sampled->turn;
	} else if (row->turn == METER_SECOND) {
		frame->weight += row->owed;
		meter_put(&row->owed, 0);
		gap = draw_gap(context, UINT64_C(2) << rate);
		row->turn = METER_FIRST;
	} else
		row->turn = METER_SECOND;
	meter_put(&row->gap, (uint64_t)gap);
	*sampled->left = sampled->last = gap;
}

/* Whether a row is in the context's list of those that are sampled, which has an end. */
static bool
list_sampled(struct meter_context *context, struct meter_row *row, uint32_t name)
{
	if (row->listed == 0 && context->sampled_count < METER_SAMPLED_LIMIT) {
		context->sampled[context->sampled_count] = (struct meter_sampled){.row = row,
		    .left = &context->left[METER_SLOT(name)],
		    .all_ns = row->count > 0 ? row->cells[0].total / row->count : 0,
		    .own_ns = row->count > 0 ? (int64_t)(row->cells[0].inherent_total / row->count) : 0};
		row->listed = (uint8_t)++context->sampled_count;
	}
	return row->listed > 0;
}

/* Time that calls which were passed over have taken on this thread, by estimate, without what they called. */
static uint64_t
passed_time(struct meter_context *context)
{
	for (uint32_t i = 0; i < context->sampled_count; i++) {
		struct meter_sampled *sampled = &context->sampled[i];
		/* Read once: a signal handler's calls count down, too. */
		int32_t left = __atomic_load_n(sampled->left, __ATOMIC_RELAXED);
		left = left > 0 ? left : 0;
		context->passed_ns += (uint64_t)((sampled->last - left) * sampled->own_ns);
		sampled->last = left;
	}
	return context->passed_ns;
}

/* Of the time of a frame: what was passed over in it, and not in the frames nested in it. */
static uint64_t
passed_within(struct meter_context *context, struct meter_frame *frame)
{
	uint64_t all = passed_time(context) - frame->passed_start;
	frame[-1].passed_inner += all;
	return all - frame->passed_inner;
}

/*
 * Averages of calls that stand for others, which move with the program; until there are any, of the first
 * call. Returns whether the call is an exception, of so many times the average: perhaps the thread lost its
 * processor in it.  Several in a row are none.
 */
static bool
learn(struct meter_sampled *sampled, bool stands, uint64_t all_ns, int64_t own_ns)
{
	enum { WEIGHT = 16, MOST = 16, OUTLIER = 64 };
	bool outlier = sampled->all_ns > 0 && all_ns / OUTLIER > sampled->all_ns;
	uint64_t learnt = all_ns < MOST * sampled->all_ns ? all_ns : MOST * sampled->all_ns;
	if (sampled->all_ns == 0) {
		sampled->all_ns = all_ns;
		sampled->own_ns = own_ns;
	} else if (stands) {
		sampled->all_ns = (sampled->all_ns * (WEIGHT - 1) + learnt) / WEIGHT;
		sampled->own_ns += outlier ? 0 : (own_ns - sampled->own_ns) / WEIGHT;
	}
	return outlier;
}

/*
 * Calls are seldom alike, and long ones are rare: they come from other places than the short ones, or after
 * a while.  In a frame that is long on average, or not known yet, and again after a while, the next call of
 * each sampled probe is metered, and stands for itself alone; the gap then goes on.
 */
enum { LONG_NS = 1000000, UNKNOWN_CALLS = 4 };

static void
sample_afresh(struct meter_context *context)
{
	for (uint32_t i = 0; i < context->sampled_count; i++) {
		struct meter_sampled *sampled = &context->sampled[i];
		struct meter_row *row = sampled->row;
		if (row->turn == METER_AFRESH)
			continue;
		sampled->ahead = sampled->last;
		sampled->turn = row->turn;
		meter_add(&row->owed, row->gap - (uint64_t)sampled->last);
		meter_put(&row->gap, 0);
		*sampled->left = sampled->last = 0;
		row->turn = METER_AFRESH;
	}
}

static bool
is_long(const struct meter_row *row)
{
	return row->count < UNKNOWN_CALLS || row->cells[0].total / row->count >= LONG_NS;
}

/* The frame is one of a sampled probe, or others are. */
void
meter_samples_open(struct meter_context *context, struct meter_frame *frame, uint32_t rate)
{
	frame->passed_start = passed_time(context);
	if (rate > 0 && list_sampled(context, frame->row, frame->name))
		open_sample(context, frame, frame->row, rate);
	else if (is_long(frame->row))
		sample_afresh(context);
}

/*
 * Takes what was passed over in a frame off its inherent time, and lets it stand for the calls that were
 * passed over before it.  The passed time is known of the first meter alone.  It may be more than what the
 * frame took, as it is by average: the inherent time is then below 0, so that the sum of many is right.
 */
void
meter_samples_close(struct meter_context *context, struct meter_frame *frame, bool outermost,
    const uint64_t *total, uint64_t *inherent)
{
	struct meter_row *row = frame->row;
	uint64_t others = frame->weight - 1, passed = passed_within(context, frame);
	inherent[0] -= passed;
	meter_add(&row->cells[0].inherent_total, -passed);
	bool outlier = row->listed > 0 && learn(&context->sampled[row->listed - 1], others > 0, total[0],
					      (int64_t)(inherent[0] - meter_engine.cost.inside_ns));
	for (uint32_t i = 0; i < meter_hot.meters && others > 0; i++) {
		struct meter_cells *cells = &row->cells[i];
		uint64_t inside = i == 0 ? meter_engine.cost.inside_ns : 0,
			 all = meter_rest(total[i], inside), own = inherent[i] - inside;
		if (outlier && row->count > 0) {
			all = cells->total / row->count;
			own = (uint64_t)((int64_t)cells->inherent_total / (int64_t)row->count);
		}
		if (outermost)
			meter_add(&cells->total, others * all);
		meter_add(&cells->inherent_total, others * own);
	}
	meter_add(&row->count, others);
	meter_add(&row->passed, others);
	uint64_t now = frame->start + total[0];
	if (now >= context->afresh_ns) {
		context->afresh_ns = now + LONG_NS;
		sample_afresh(context);
	}
}
