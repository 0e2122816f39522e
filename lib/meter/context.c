#include "lib/meter/internal.h"

#include <string.h>

enum { ARENA_BYTES = 1 << 18, SERIAL_BITS = 40 };

/* A mapping that a context owns. */
struct meter_block {
	struct meter_block *next;
	size_t size_bytes;
};

_Thread_local struct meter_self meter_self __attribute__((tls_model("initial-exec")));

/* Of all threads without a context: the first call of each comes to meter_enter. */
static int32_t none_left[METER_SLOTS];
_Thread_local int32_t *meter_left __attribute__((tls_model("initial-exec"))) = none_left;

struct meter_context *meter_contexts;
pthread_mutex_t meter_contexts_lock = PTHREAD_MUTEX_INITIALIZER;

static pthread_key_t thread_end;
static bool has_thread_end;
static uint64_t threads_refused, context_count;
static uint64_t
    interrupting; /* atomic: signal handlers that interrupted the making of their thread's context */

/* A thread has ended: its context waits for the next one. */
static void
release(void *taken)
{
	struct meter_context *context = taken;
	if (context == NULL || (meter_self.context != context && meter_self.aside != context))
		return;
	meter_engine.close_frames(context);
	meter_self.context = meter_self.aside = NULL;
	meter_left = none_left;
	pthread_mutex_lock(&meter_contexts_lock);
	context->taken = false;
	pthread_mutex_unlock(&meter_contexts_lock);
}

bool
meter_contexts_open(struct nest_error *error)
{
	if (!has_thread_end && pthread_key_create(&thread_end, release) != 0)
		return nest_error_set(error, NEST_FAILED, "unable to make a key for threads");
	has_thread_end = true;
	threads_refused = context_count = interrupting = 0;
	return true;
}

static void *
block_make(struct meter_context *context, size_t size_bytes)
{
	size_t whole = size_bytes + sizeof(struct meter_block);
	struct meter_block *block = meter_pages(whole);
	if (block == NULL)
		return NULL;
	block->next = context->blocks;
	block->size_bytes = whole;
	context->blocks = block;
	return block + 1;
}

/* Zeroed memory that the context owns, for as long as it lives. */
static void *
context_memory(struct meter_context *context, size_t size_bytes)
{
	size_bytes = (size_bytes + 63) & ~(size_t)63;
	if (size_bytes > ARENA_BYTES / 4)
		return block_make(context, size_bytes);
	if ((size_t)(context->arena_end - context->arena) < size_bytes) {
		unsigned char *block = block_make(context, ARENA_BYTES);
		if (block == NULL)
			return NULL;
		/* Rows begin on a line of the cache. */
		context->arena = (unsigned char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
		context->arena_end = block + ARENA_BYTES;
	}
	void *memory = context->arena;
	context->arena += size_bytes;
	return memory;
}

static void
context_free(struct meter_context *context)
{
	meter_perf_context_close(context);
	meter_pages_free(context->tree.nodes, context->tree.node_bytes);
	meter_pages_free(context->tree.heads, context->tree.heads_bytes);
	meter_pages_free(context->timeline.calls, context->timeline.places * sizeof *context->timeline.calls);
	for (struct meter_block *block = context->blocks, *next; block != NULL; block = next) {
		next = block->next;
		meter_pages_free(block, block->size_bytes);
	}
	meter_pages_free(context, sizeof *context);
}

void
meter_contexts_close(void)
{
	for (struct meter_context *context = meter_contexts, *next; context != NULL; context = next) {
		next = context->next;
		context_free(context);
	}
	__atomic_store_n(&meter_contexts, NULL, __ATOMIC_RELEASE);
	meter_self.context = meter_self.aside = NULL;
	meter_left = none_left;
	if (has_thread_end)
		pthread_setspecific(thread_end, NULL);
}

static bool
context_fill(struct meter_context *context)
{
	size_t more_bytes = meter_hot.meters > 1 ? sizeof *context->more * (METER_STACK_FRAMES + 1) : 0;
	context->chunks = block_make(context, sizeof(struct meter_row *) * METER_CHUNKS);
	context->stack = block_make(context, sizeof *context->stack * (METER_STACK_FRAMES + 1));
	context->left = block_make(context, sizeof *context->left * METER_SLOTS);
	context->ground = context_memory(context, meter_hot.row_bytes);
	context->more = more_bytes > 0 ? block_make(context, more_bytes) : NULL;
	if (context->chunks == NULL || context->stack == NULL || context->left == NULL ||
	    context->ground == NULL || (more_bytes > 0 && context->more == NULL))
		return false;
	context->top = context->stack;
	context->limit = context->stack + METER_STACK_FRAMES;
	*context->stack = (struct meter_frame){.row = context->ground, .name = METER_NO_NAME};
	return (!meter_engine.config.tracking || meter_tracking_open(context)) &&
	       (!meter_engine.config.timeline || meter_timeline_open(context));
}

/* Under the lock. */
static struct meter_context *
context_make(void)
{
	if (context_count == METER_CONTEXT_LIMIT)
		return NULL;
	struct meter_context *context = meter_pages(sizeof *context);
	if (context == NULL)
		return NULL;
	for (size_t i = 0; i < METER_METER_LIMIT; i++)
		context->files[i] = -1;
	if (!context_fill(context)) {
		context_free(context);
		return NULL;
	}
	/* Frames of different contexts never have the same number. */
	context->serial = ++context_count << SERIAL_BITS;
	context->chance = context_count;
	context->next = meter_contexts;
	__atomic_store_n(&meter_contexts, context, __ATOMIC_RELEASE);
	return context;
}

static struct meter_context *
context_take(void)
{
	struct meter_context *found = NULL;
	pthread_mutex_lock(&meter_contexts_lock);
	for (struct meter_context *context = meter_contexts; context != NULL; context = context->next)
		if (!context->taken)
			found = context;
	if (found == NULL)
		found = context_make();
	if (found != NULL) {
		found->taken = true;
		meter_add(&found->threads, 1);
	}
	pthread_mutex_unlock(&meter_contexts_lock);
	return found;
}

struct meter_context *
meter_context_here(void)
{
	struct meter_self *self = &meter_self;
	if (self->context != NULL || self->ignored || self->busy != 0 || !meter_hot.running)
		return self->context;
	self->busy = (uintptr_t)__builtin_frame_address(0);
	void (*start_helper)(void) = __atomic_load_n(&meter_engine.start_helper, __ATOMIC_RELAXED);
	if (start_helper != NULL)
		start_helper();
	if (self->aside != NULL) {
		self->context = self->aside;
		self->aside = NULL;
	} else if ((self->context = context_take()) == NULL) {
		__atomic_fetch_add(&threads_refused, 1, __ATOMIC_RELAXED);
		self->ignored = true;
	} else {
		meter_left = self->context->left;
		meter_perf_context_open(self->context);
		pthread_setspecific(thread_end, self->context);
	}
	self->busy = 0;
	return self->context;
}

bool
meter_thread_ready(void)
{
	return meter_context_here() != NULL;
}

void
meter_thread_recover(void)
{
	meter_self.busy = 0;
}

void
meter_context_set_aside(void)
{
	struct meter_self *self = &meter_self;
	if (self->context != NULL)
		self->aside = self->context;
	self->context = NULL;
}

struct meter_row *
meter_row_make(struct meter_context *context, uint32_t name)
{
	struct meter_row *chunk = context_memory(context, METER_CHUNK_ROWS * meter_hot.row_bytes);
	if (chunk == NULL)
		return NULL;
	__atomic_store_n(&context->chunks[name / METER_CHUNK_ROWS], chunk, __ATOMIC_RELEASE);
	return meter_row_find(context, name, meter_hot.row_bytes);
}

uint64_t
meter_threads_refused(void)
{
	return meter_get(&threads_refused);
}

void
meter_refuse_without_context(void)
{
	__atomic_fetch_add(&interrupting, 1, __ATOMIC_RELAXED);
}

uint64_t
meter_refused_without_context(void)
{
	return meter_get(&interrupting);
}

static void
empty(struct meter_context *context)
{
	size_t chunk_bytes = METER_CHUNK_ROWS * meter_hot.row_bytes;
	for (size_t i = 0; i < METER_CHUNKS; i++)
		if (context->chunks[i] != NULL)
			memset(context->chunks[i], 0, chunk_bytes);
	memset(context->left, 0, sizeof *context->left * METER_SLOTS);
	if (context->tree.count > 0) {
		memset(context->tree.heads, 0, context->tree.heads_bytes);
		memset(context->tree.nodes, 0, context->tree.count * meter_hot.node_bytes);
		context->tree.count = 0;
	}
	context->timeline.count = 0;
	context->abandoned = context->unmatched = context->too_deep = context->interrupting = 0;
	context->left_open = context->nodes_refused = context->threads = 0;
	context->half_ns = context->halves = 0;
	context->sampled_count = 0;
	context->passed_ns = context->afresh_ns = 0;
}

/* This thread's open frames begin now, in the emptied rows and tree. */
static void
begin_again(struct meter_context *context)
{
	meter_perf_context_close(context);
	meter_perf_context_open(context);
	context->threads = 1;
	context->stack->inner = 0;
	if (context->more != NULL)
		memset(context->more, 0, sizeof *context->more);
	for (struct meter_frame *frame = context->stack + 1; frame <= context->top; frame++) {
		frame->inner = frame->passed_start = frame->passed_inner = 0;
		frame->weight = 1;
		frame->row->open++;
		if (meter_engine.config.tracking)
			meter_tracking_opened(context, frame);
		if (context->more != NULL) {
			struct meter_frame_more *more = &context->more[frame - context->stack];
			*more = (struct meter_frame_more){0};
			meter_perf_read(context, more->start);
		}
	}
	/* All at one time, so that no time in between is counted. */
	uint64_t now = meter_now();
	for (struct meter_frame *frame = context->stack + 1; frame <= context->top; frame++)
		frame->start = now;
}

void
meter_contexts_forked(void)
{
	const struct meter_self *self = &meter_self;
	const struct meter_context *own = self->context != NULL ? self->context : self->aside;
	threads_refused = interrupting = 0;
	for (struct meter_context *context = meter_contexts; context != NULL; context = context->next) {
		empty(context);
		context->taken = context == own;
		if (context->taken) {
			begin_again(context);
			continue;
		}
		context->top = context->stack;
		meter_perf_context_close(context);
	}
}
