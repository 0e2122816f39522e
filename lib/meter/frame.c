/*
 * frame - the hot path: opens and closes frames.
 *
 * A signal handler may come at any instruction.  While the engine is at work on
 * this thread, `busy` says so, and frames that the handler begins are not metered.
 * A handler that a longjmp left in the engine never clears it; it is recognised
 * by the stack address in `busy`.
 */
#include "lib/meter/internal.h"

#include <signal.h>
#include <string.h>

/*
 * The stack grows down: the engine at work is above a handler that interrupts it, or the
 * handler has a stack of its own.
 */
static __attribute__((noinline, cold)) bool
is_interrupted(uintptr_t at_work, uintptr_t here)
{
	stack_t own;
	if (here < at_work)
		return true;
	if (sigaltstack(NULL, &own) != 0 || (own.ss_flags & SS_ONSTACK) == 0)
		return false;
	return at_work - (uintptr_t)own.ss_sp >= own.ss_size;
}

static inline bool
is_busy(struct meter_self *self, uintptr_t here)
{
	return METER_UNLIKELY(self->busy != 0) && is_interrupted(self->busy, here);
}

/* The engine is at work on this thread at HERE on its stack; 0: no longer. */
static inline void
set_busy(struct meter_self *self, uintptr_t here)
{
	atomic_signal_fence(memory_order_seq_cst);
	self->busy = here;
	atomic_signal_fence(memory_order_seq_cst);
}

/* One begin and one end in SAMPLE_EVERY are timed where they happen. */
enum { SAMPLE_EVERY = 64, HALF_MOST_NS = 500 };

static inline bool
is_sample(nest_frame id)
{
	return METER_UNLIKELY(id % SAMPLE_EVERY == 0);
}

/* Notes a sample; a longer one was interrupted. */
static __attribute__((noinline, cold)) void
note_half(struct meter_context *context, uint64_t from, uint64_t to)
{
	if (to - from > HALF_MOST_NS)
		return;
	meter_add(&context->half_ns, to - from);
	meter_add(&context->halves, 1);
}

static inline struct meter_frame_more *
more_of(struct meter_context *context, const struct meter_frame *frame)
{
	return &context->more[frame - context->stack];
}

static inline void
cells_add(struct meter_cells *cells, uint64_t total, uint64_t inherent, bool outermost)
{
	if (outermost)
		meter_add(&cells->total, total);
	if (total > meter_get(&cells->max))
		meter_put(&cells->max, total);
	if (~total > meter_get(&cells->not_min))
		meter_put(&cells->not_min, ~total);
	meter_add(&cells->inherent_total, inherent);
	if (inherent > meter_get(&cells->inherent_max))
		meter_put(&cells->inherent_max, inherent);
	if (~inherent > meter_get(&cells->inherent_not_min))
		meter_put(&cells->inherent_not_min, ~inherent);
}

static void
close_more(struct meter_context *context, const struct meter_frame *frame, bool outermost, uint64_t *total,
    uint64_t *inherent)
{
	uint64_t values[METER_METER_LIMIT - 1];
	struct meter_frame_more *more = more_of(context, frame);
	meter_perf_read(context, values);
	for (uint32_t i = 0; i + 1 < meter_hot.meters; i++) {
		total[i + 1] = meter_rest(values[i], more->start[i]);
		inherent[i + 1] = meter_rest(total[i + 1], more->inner[i]);
		more[-1].inner[i] += total[i + 1];
		cells_add(&frame->row->cells[i + 1], total[i + 1], inherent[i + 1], outermost);
	}
}

static inline void
close_frame(struct meter_context *context, uint64_t now)
{
	struct meter_frame *frame = context->top;
	struct meter_row *row = frame->row;
	uint64_t total[METER_METER_LIMIT], inherent[METER_METER_LIMIT];
	total[0] = meter_rest(now, frame->start);
	inherent[0] = meter_rest(total[0], frame->inner);
	frame[-1].inner += total[0];
	bool outermost = --row->open == 0;
	cells_add(row->cells, total[0], inherent[0], outermost);
	if (METER_UNLIKELY(meter_hot.meters > 1))
		close_more(context, frame, outermost, total, inherent);
	if (METER_UNLIKELY(context->sampled_count > 0))
		meter_samples_close(context, frame, outermost, total, inherent);
	/* Last, so that a reader who sees a count sees cells that are not empty. */
	__atomic_store_n(&row->count, row->count + 1, __ATOMIC_RELEASE);
	if (meter_engine.config.hotspot)
		meter_hotspot_closed(context, frame, total, inherent);
	if (METER_UNLIKELY(meter_engine.config.tracking))
		meter_tracking_closed(context, frame, total, inherent);
	if (METER_UNLIKELY(meter_engine.config.timeline))
		meter_timeline_closed(context, frame, total[0]);
	context->top = frame - 1;
	if (is_sample(frame->id))
		note_half(context, now, meter_now());
}

/*
 * Nonrecursive: not metered inside itself; nonreentrant: not while open anywhere on the stack.
 * Tierpoint: only crossings into a tier are metered, also from the ground below all frames, which
 * is in none; calls within a tier are part of its inherent cost.
 */
static bool
admitted(const struct meter_context *context, const struct meter_entry *entry, const struct meter_row *row)
{
	const struct meter_config *config = &meter_engine.config;
	const struct meter_entry *around = context->top->entry;
	bool crosses = entry->tier != 0 && (around == NULL || around->tier != entry->tier);
	return (crosses || !config->tierpoint) && (around != entry || !config->nonrecursive) &&
	       (row->open == 0 || !config->nonreentrant);
}

/* If no call was admitted after this many, none is expected to be, and the name is disabled. */
enum { SKIPS_PER_LOOK = 4096 };

static __attribute__((noinline)) nest_frame
skip(struct meter_entry *entry, struct meter_row *row)
{
	uint64_t skipped = meter_get(&row->skipped) + 1;
	meter_put(&row->skipped, skipped);
	if (METER_UNLIKELY(skipped % SKIPS_PER_LOOK == 0) && row->open == 0 &&
	    meter_row_all(entry->index).count == 0)
		meter_entry_disable(entry, skipped, meter_now() - meter_engine.started_ns);
	return 0;
}

/* FRAME counts as open from here on; all but its start is set. */
static inline void
begin_frame(struct meter_context *context, struct meter_frame *frame)
{
	frame->row->open++;
	if (METER_UNLIKELY(meter_engine.config.tracking))
		meter_tracking_opened(context, frame);
	if (METER_UNLIKELY(meter_hot.meters > 1)) {
		struct meter_frame_more *more = more_of(context, frame);
		memset(more->inner, 0, sizeof more->inner);
		meter_perf_read(context, more->start);
	}
}

static nest_frame
open_frame(struct meter_context *context, uint32_t name)
{
	int32_t *left = &context->left[METER_SLOT(name)];
	if (METER_UNLIKELY(--*left >= 0))
		return 0;
	*left = 0;
	struct meter_entry *entry = &meter_names.entries[name];
	uint64_t begun = is_sample(context->serial + 1) ? meter_now() : 0;
	if (METER_UNLIKELY(__atomic_load_n(&entry->flags, __ATOMIC_RELAXED) & METER_OFF))
		return 0;
	struct meter_row *row = meter_row_find(context, name);
	if (METER_UNLIKELY(row == NULL) && (row = meter_row_make(context, name)) == NULL)
		return 0;
	if (METER_UNLIKELY(meter_hot.refuses) && !admitted(context, entry, row))
		return skip(entry, row);
	struct meter_frame *frame = context->top + 1;
	if (METER_UNLIKELY(frame > context->stack + METER_STACK_FRAMES)) {
		meter_add(&context->troubles.too_deep, 1);
		return 0;
	}
	frame->id = ++context->serial;
	frame->inner = frame->passed_start = frame->passed_inner = 0;
	frame->weight = 1;
	frame->name = name;
	uint8_t rate = __atomic_load_n(&entry->rate, __ATOMIC_RELAXED);
	frame->row = row;
	if (METER_UNLIKELY(rate + context->sampled_count > 0))
		meter_samples_open(context, frame, rate);
	frame->entry = entry;
	context->top = frame;
	begin_frame(context, frame);
	frame->start = meter_now();
	if (METER_UNLIKELY(begun != 0))
		note_half(context, begun, frame->start);
	return frame->id;
}

/* Counts what a signal handler did while this thread was at work here. */
static __attribute__((noinline, cold)) struct meter_context *
refuse_interrupting(struct meter_self *self)
{
	struct meter_troubles *troubles = self->context != NULL ? &self->context->troubles : &meter_lost;
	__atomic_fetch_add(&troubles->interrupting, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* The context in which this thread is at work from now on; NULL if it must not be. */
static inline struct meter_context *
begin_work(struct meter_self *self, uintptr_t here)
{
	struct meter_context *context = self->context;
	if (is_busy(self, here))
		return refuse_interrupting(self);
	if (METER_UNLIKELY(context == NULL) && (context = meter_context_here()) == NULL)
		return NULL;
	set_busy(self, here);
	return context;
}

nest_frame
meter_enter(uint32_t name)
{
	if (METER_UNLIKELY(name == METER_NO_NAME))
		return 0;
	struct meter_self *self = &meter_self;
	struct meter_context *context = begin_work(self, (uintptr_t)__builtin_frame_address(0));
	if (METER_UNLIKELY(context == NULL))
		return 0;
	nest_frame id = open_frame(context, name);
	set_busy(self, 0);
	return id;
}

/* Closes all frames above BELOW, and counts them in *WHY. */
static void
close_above(struct meter_context *context, const struct meter_frame *below, uint64_t now, uint64_t *why)
{
	for (; context->top > below; close_frame(context, now))
		meter_add(why, 1);
}

/*
 * Closes the frames above frame ID as abandoned.  Numbers rise with the stack from the ground's, which
 * is 0; false if there is no such frame.
 */
static __attribute__((noinline, cold)) bool
unwind_to(struct meter_context *context, nest_frame id, uint64_t now)
{
	const struct meter_frame *frame = context->top;
	while (frame->id > id)
		frame--;
	if (frame->id != id) {
		meter_add(&context->troubles.unmatched, 1);
		return false;
	}
	close_above(context, frame, now, &context->troubles.abandoned);
	return true;
}

void
meter_leave(nest_frame id)
{
	if (METER_UNLIKELY(id == 0))
		return;
	struct meter_self *self = &meter_self;
	struct meter_context *context = begin_work(self, (uintptr_t)__builtin_frame_address(0));
	if (METER_UNLIKELY(context == NULL))
		return;
	uint64_t now = meter_now();
	if (METER_LIKELY(context->top->id == id) || unwind_to(context, id, now))
		close_frame(context, now);
	set_busy(self, 0);
}

void
meter_abandon_above(nest_frame id)
{
	struct meter_self *self = &meter_self;
	struct meter_context *context = self->own;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	if (context == NULL || context->top->id == id || is_busy(self, here))
		return;
	set_busy(self, here);
	unwind_to(context, id, meter_now());
	set_busy(self, 0);
}

nest_frame
meter_innermost(void)
{
	const struct meter_context *context = meter_self.own;
	return context != NULL ? context->top->id : 0;
}

void
meter_close_open_frames(void)
{
	struct meter_context *context = meter_self.own;
	if (context != NULL && meter_self.busy == 0)
		close_above(context, context->stack, meter_now(), &context->troubles.left_open);
}

void
meter_frames_begin_again(void)
{
	struct meter_context *context = meter_self.own;
	if (context == NULL)
		return;
	context->stack[0] = (struct meter_frame){0};
	context->more[0] = (struct meter_frame_more){0};
	for (struct meter_frame *frame = context->stack + 1; frame <= context->top; frame++) {
		frame->inner = frame->passed_start = frame->passed_inner = 0;
		frame->weight = 1;
		begin_frame(context, frame);
	}
	/* All at one time, so that no time in between is counted. */
	uint64_t now = meter_now();
	for (struct meter_frame *frame = context->stack + 1; frame <= context->top; frame++)
		frame->start = now;
}

void
meter_ignore_thread(void)
{
	meter_self.ignored = true;
	meter_abandon_above(0);
}
