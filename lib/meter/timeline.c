/*
 * timeline - the last calls of each thread, one by one, in a ring.
 *
 * The ring has a place more than it keeps calls: a snapshot may be made while the thread
 * writes, and takes no call whose place may have been written again since.
 */
#include "lib/meter/internal.h"

bool
meter_timeline_open(struct meter_context *context)
{
	struct meter_timeline *timeline = &context->timeline;
	timeline->places = meter_engine.config.timeline_limit + 1;
	timeline->calls = meter_arena_take(&context->arena, timeline->places * sizeof *timeline->calls);
	return timeline->calls != NULL;
}

void
meter_timeline_closed(struct meter_context *context, const struct meter_frame *frame, uint64_t total)
{
	struct meter_timeline *timeline = &context->timeline;
	struct meter_call_made *call = &timeline->calls[timeline->count % timeline->places];
	/* The count of the call before is seen before what is written here. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	meter_put(&call->name, frame->name);
	meter_put(&call->start, frame->start);
	meter_put(&call->took, total);
	__atomic_store_n(&timeline->count, timeline->count + 1, __ATOMIC_RELEASE);
}

bool
meter_timeline_read(const struct meter_timeline *timeline, uint64_t number, struct meter_call_made *call)
{
	const struct meter_call_made *place = &timeline->calls[number % timeline->places];
	*call = (struct meter_call_made){
	    meter_get(&place->name), meter_get(&place->start), meter_get(&place->took)};
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return number + timeline->places > meter_get(&timeline->count);
}
