/*
 * hotspot - a scorecard per name, shared by all threads.
 *
 * Score and number of evaluations are the two halves of one word, so that one
 * atomic addition gives each call an exact place in the order of all calls, and
 * exactly one of them labels or disables a name.  Credits and debits are summed in
 * each thread's own row.
 */
#include "lib/meter/internal.h"

static bool
hotspot_enabled(const struct meter_config *config)
{
	return config->hotspot;
}

/* Records the first time that a name gets the label. */
static void
record_hotspot(struct meter_entry *entry, uint64_t call, uint64_t when_ns)
{
	uint64_t never = 0;
	if (__atomic_compare_exchange_n(
		&entry->hotspot_call, &never, call, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		meter_put(&entry->hotspot_ns, when_ns);
}

static void
cross(struct meter_entry *entry, int64_t before, int64_t after, uint64_t call, uint64_t when_ns)
{
	const struct meter_config *config = &meter_engine.config;
	if (before < config->lower && after >= config->lower)
		record_hotspot(entry, call, when_ns);
	if (after <= 0)
		meter_entry_disable(entry, call, when_ns);
	else if (after >= config->upper)
		__atomic_fetch_or(&entry->flags, METER_SETTLED, __ATOMIC_RELAXED);
}

static void
hotspot_closed(struct meter_context *context, const struct meter_frame *frame, const uint64_t *total,
    const uint64_t *inherent)
{
	struct meter_entry *entry = frame->entry;
	(void)context;
	if (__atomic_load_n(&entry->flags, __ATOMIC_RELAXED) & METER_SETTLED)
		return;
	const struct meter_config *config = &meter_engine.config;
	bool over = total[0] >= config->inclusive.at_ns,
	     inherent_over = inherent[0] >= config->inherent.at_ns;
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
		cross(
		    entry, before, after, (old >> 32) + 1, frame->start + total[0] - meter_engine.started_ns);
}

const struct meter_extension meter_hotspot = {
    .name = "hotspot",
    .enabled = hotspot_enabled,
    .closed = hotspot_closed,
};
