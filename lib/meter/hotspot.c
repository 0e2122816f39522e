/*
 * hotspot - a scorecard per name, shared by all threads.
 *
 * Score and number of evaluations are the two halves of one word, so that one
 * atomic addition gives each call an exact place in the order of all calls, and
 * exactly one of them labels or disables a name.  Credits and debits are summed in
 * each thread's own row.
 */
#include "lib/meter/internal.h"

/* Records the first time that a name gets the label. */
static void
record_hotspot(struct meter_entry *entry, uint64_t call, uint64_t when_ns)
{
	uint64_t never = 0;
	if (__atomic_compare_exchange_n(
		&entry->hotspot_call, &never, call, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		meter_put(&entry->hotspot_ns, when_ns);
}

/*
 * Whether a name that has lost its score is metered on, with a new one, and more seldom if what it costs is
 * a large part of what all may.  WORD is its card: the thread that exchanges it decides.
 */
static bool
sample(const struct meter_context *context, const struct meter_frame *frame, uint64_t word, uint64_t when_ns)
{
	const struct meter_config *config = &meter_engine.config;
	struct meter_entry *entry = frame->entry;
	const struct meter_row *row = frame->row;
	uint64_t metered = row->count - row->passed;
	double cost_ns = (double)metered * meter_engine.cost.pair_ns;
	/* What a run begins with is many: each has a small part.  What a set has left has more. */
	double parts = meter_engine.has_set ? METER_BUDGET_PARTS : 8 * METER_BUDGET_PARTS;
	bool costly = cost_ns * 100000 * parts > (double)when_ns * (double)config->budget;
	bool brief = row->open == 0 && row->cells[0].total < row->count * config->sampled_ns;
	uint8_t rate = __atomic_load_n(&entry->rate, __ATOMIC_RELAXED);
	bool full = row->listed == 0 && context->sampled_count == METER_SAMPLED_LIMIT;
	if (config->budget == 0 || entry->index >= METER_SLOTS - 1 || (costly && (brief || full)))
		return false;
	uint64_t fresh = (word >> 32 << 32) | (uint64_t)(config->initial + METER_CARD_BIAS);
	if (__atomic_compare_exchange_n(
		&entry->card, &word, fresh, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
	    costly && rate < METER_RATE_LIMIT)
		__atomic_store_n(&entry->rate, (uint8_t)(rate + 2), __ATOMIC_RELAXED);
	return true;
}

static void
cross(const struct meter_context *context, const struct meter_frame *frame, uint64_t old, int64_t before,
    int64_t after, uint64_t when_ns)
{
	const struct meter_config *config = &meter_engine.config;
	struct meter_entry *entry = frame->entry;
	uint64_t call = (old >> 32) + 1;
	if (before < config->lower && after >= config->lower)
		record_hotspot(entry, call, when_ns);
	if (after <= 0) {
		if (!sample(context, frame, (call << 32) | (uint64_t)(after + METER_CARD_BIAS), when_ns))
			meter_entry_disable(entry, call, when_ns);
	} else if (after >= config->upper)
		__atomic_fetch_or(&entry->flags, METER_SETTLED, __ATOMIC_RELAXED);
}

void
meter_hotspot_closed(struct meter_context *context, const struct meter_frame *frame, const uint64_t *total,
    const uint64_t *inherent)
{
	struct meter_entry *entry = frame->entry;
	if (__atomic_load_n(&entry->flags, __ATOMIC_RELAXED) & METER_SETTLED)
		return;
	const struct meter_config *config = &meter_engine.config;
	bool over = total[0] >= config->inclusive.at_ns,
	     inherent_over = (int64_t)inherent[0] >= (int64_t)config->inherent.at_ns;
	uint64_t credit =
	    (over ? config->inclusive.credit : 0u) + (inherent_over ? config->inherent.credit : 0u);
	uint64_t debit =
	    (over ? 0u : config->inclusive.debit) + (inherent_over ? 0u : config->inherent.debit);
	meter_add(&frame->row->credit, credit);
	meter_add(&frame->row->debit, debit);

	uint64_t old =
	    __atomic_fetch_add(&entry->card, (UINT64_C(1) << 32) + credit - debit, __ATOMIC_RELAXED);
	int64_t before = (int64_t)(old & UINT32_MAX) - METER_CARD_BIAS;
	int64_t after = before + (int64_t)credit - (int64_t)debit;
	if (METER_UNLIKELY(
		after <= 0 || after >= config->upper || (before < config->lower && after >= config->lower)))
		cross(context, frame, old, before, after, frame->start + total[0] - meter_engine.started_ns);
}
