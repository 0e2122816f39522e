#include "lib/meter/internal.h"

#include <string.h>

enum { SERIAL_BITS = 40 };

_Thread_local struct meter_self meter_self __attribute__((tls_model("initial-exec")));

/* Of all threads without a context: the first call of each comes to meter_enter. */
static int32_t none_left[METER_SLOTS];
_Thread_local int32_t *meter_left __attribute__((tls_model("initial-exec"))) = none_left;

struct meter_context *meter_contexts;
pthread_mutex_t meter_contexts_lock = PTHREAD_MUTEX_INITIALIZER;

static pthread_key_t thread_end;
static bool has_thread_end;
static uint64_t context_count;
struct meter_troubles meter_lost;

/* A thread has ended: its context waits for the next one. */
static void
release(void *taken)
{
	struct meter_context *context = taken;
	if (context != meter_self.own)
		return;
	meter_self.busy = 0;
	meter_engine.close_frames();
	meter_self.context = meter_self.own = NULL;
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
	context_count = 0;
	meter_lost = (struct meter_troubles){0};
	return true;
}

static void
context_free(struct meter_context *context)
{
	meter_perf_context_close(context);
	meter_arena_free(&context->arena);
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
	meter_self.context = meter_self.own = NULL;
	meter_left = none_left;
	if (has_thread_end)
		pthread_setspecific(thread_end, NULL);
}

/* Under the lock. */
static struct meter_context *
context_make(void)
{
	const struct meter_config *config = &meter_engine.config;
	struct meter_context *context =
	    context_count < METER_CONTEXT_LIMIT ? meter_pages(sizeof *context) : NULL;
	if (context == NULL)
		return NULL;
	context->top = context->stack;
	for (size_t i = 0; i < METER_METER_LIMIT; i++)
		context->files[i] = -1;
	if ((config->tracking && !meter_tracking_open(context)) ||
	    (config->timeline && !meter_timeline_open(context))) {
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
	if (self->own == NULL && (self->own = context_take()) != NULL) {
		meter_left = self->own->left;
		meter_perf_context_open(self->own);
		pthread_setspecific(thread_end, self->own);
	} else if (self->own == NULL) {
		__atomic_fetch_add(&meter_lost.threads_refused, 1, __ATOMIC_RELAXED);
		self->ignored = true;
	}
	self->context = self->own;
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

struct meter_row *
meter_row_make(struct meter_context *context, uint32_t name)
{
	struct meter_row *chunk = meter_arena_take(&context->arena, METER_CHUNK_ROWS * meter_hot.row_bytes);
	if (chunk == NULL)
		return NULL;
	__atomic_store_n(&context->chunks[name / METER_CHUNK_ROWS], chunk, __ATOMIC_RELEASE);
	return meter_row_find(context, name);
}

static void
empty(struct meter_context *context)
{
	meter_arena_clear(&context->arena);
	memset(context->left, 0, sizeof context->left);
	context->tree.count = 0;
	context->timeline.count = 0;
	context->troubles = (struct meter_troubles){0};
	context->half_ns = context->halves = 0;
	context->sampled_count = 0;
	context->passed_ns = context->afresh_ns = 0;
}

void
meter_contexts_forked(void)
{
	const struct meter_context *own = meter_self.own;
	meter_lost = (struct meter_troubles){0};
	for (struct meter_context *context = meter_contexts; context != NULL; context = context->next) {
		empty(context);
		meter_perf_context_close(context); /* those of the parent's threads */
		context->taken = context == own;
		context->threads = context == own;
		if (context == own)
			meter_perf_context_open(context);
		else
			context->top = context->stack;
	}
}
