/*
 * internal - what the files of the engine share; no other file includes it.
 *
 * The hot path is frame.c: it reads struct meter_hot and the configuration, which change
 * only at the start and the stop, the context of its thread, and the entry of a name.
 * Whatever another thread may read is read and written with relaxed atomics,
 * which are plain moves; only names, contexts and snapshots have locks.
 */
#ifndef NEST_METER_INTERNAL_H
#define NEST_METER_INTERNAL_H

#include "lib/meter/meter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define METER_HIDDEN __attribute__((visibility("hidden")))
#define METER_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define METER_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* A counter that one thread writes and others may read. */
static inline uint64_t
meter_get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static inline void
meter_put(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

static inline void
meter_add(uint64_t *counter, uint64_t more)
{
	meter_put(counter, meter_get(counter) + more);
}

/* ---- what the hot path reads ---- */

struct meter_hot {
	bool running;
	bool tsc;     /* the clock is the processor's counter */
	bool refuses; /* tierpoint, nonrecursive or nonreentrant is on */
	uint32_t meters;
	uint64_t tsc_base, tsc_scale; /* the scale is nanoseconds per tick, times 2^32 */
	meter_clock *clock;
	size_t row_bytes, node_bytes;
};
extern struct meter_hot meter_hot METER_HIDDEN;

/* ---- memory ---- */

/* Memory that is given back as a whole; a zeroed one is empty. */
struct meter_arena {
	unsigned char *at, *end;
	struct meter_block *blocks;
};

/* Zeroed memory that begins on a line of the cache; NULL if there is none. */
void *meter_arena_take(struct meter_arena *arena, size_t size_bytes);
/* Zeroes all that was taken. */
void meter_arena_clear(struct meter_arena *arena);
void meter_arena_free(struct meter_arena *arena);

/* ---- names ---- */

enum meter_flag {
	METER_OFF = 1,     /* disabled: no longer metered */
	METER_SETTLED = 2, /* no longer evaluated */
	METER_PINNED = 4,  /* labelled hotspot from the start, whatever the score */
	METER_USELESS = 8, /* in no tier, while only tiers are metered */
};

enum { METER_LABEL_HOTSPOT, METER_LABEL_DISABLED, METER_LABEL_FIRST_OTHER, METER_LABELS = 32 };

struct meter_entry {
	uint8_t flags;   /* atomic */
	uint8_t tier;    /* 0: in none */
	uint8_t rate;    /* atomic: one call in 1 << RATE is metered */
	uint32_t labels; /* those given at the start; hotspot and disabled follow from card and flags */
	uint64_t card;   /* atomic: evaluations << 32 | score + METER_CARD_BIAS */
	uint64_t hotspot_call, hotspot_ns, disabled_call, disabled_ns; /* atomic */
	const char *text;
	uint32_t index;
};

#define METER_CARD_BIAS (INT64_C(1) << 30)

struct meter_names {
	struct meter_entry *entries; /* room for METER_NAME_LIMIT; pages are touched as it fills */
	struct meter_places *places; /* of each entry */
	uint32_t *slots;             /* index + 1, hashed; 0: free */
	uint32_t count;              /* atomic */
	uint64_t left_out;           /* atomic */
	struct meter_arena arena;    /* of texts and places, of */
	size_t kept_bytes;           /* so many bytes, of which these are free: */
	unsigned char *room;
	size_t room_bytes;
	struct meter_place last; /* the texts that were kept last, which the next place may share */
	char labels[METER_LABELS][METER_WORD_BYTES + 1];
	uint32_t label_count;
	pthread_mutex_t lock;
};
extern struct meter_names meter_names METER_HIDDEN;

/* Makes what may not be shown anywhere a '?', and line feeds, too, unless they are LINES. */
void meter_make_plain(char *text, size_t size_bytes, bool lines);
bool meter_names_open(struct nest_error *error);
void meter_names_close(void);
/* The bit of a label, which is entered if it is new; 0 if there is no more room. */
uint32_t meter_label_bit(const char *label, size_t size);
/* As meter_name_at, whether or not it is in the set; PLACE may be NULL. */
uint32_t meter_name_enter(const char *text, size_t size_bytes, const struct meter_place *place);
struct meter_places meter_entry_places(const struct meter_entry *entry);
/* As meter_groups_find, of an entry. */
int meter_entry_find_group(const struct meter_entry *entry, const struct meter_groups *list, size_t count);
/* What the set carries for the entry from earlier runs; NULL where it begins as configured. */
const struct meter_set_entry *meter_entry_carried(const struct meter_entry *entry);
int64_t meter_entry_score(const struct meter_entry *entry);
/* The labels as they are now: those given, hotspot and disabled by card and flags. */
uint32_t meter_entry_labels(const struct meter_entry *entry);
/* Begins the scorecard anew, as configured or as the set carries it. */
void meter_entry_open_card(struct meter_entry *entry);

/* ---- contexts ---- */

/* The minimum is kept as its complement, so that zeroed memory is a row without calls. */
struct meter_cells {
	uint64_t total, max, not_min;
	uint64_t inherent_total, inherent_max, inherent_not_min;
};

/* After a gap, after that, or because none was for a while. */
enum meter_turn { METER_FIRST, METER_SECOND, METER_AFRESH };

struct meter_row {
	uint64_t count;   /* calls that a metered one stands for are counted with it */
	uint64_t passed;  /* of these: not metered */
	uint64_t skipped; /* calls that an extension did not admit */
	uint64_t gap;     /* how many calls are passed over between the last sample and the next */
	uint64_t owed;    /* how many were, and no sample stands for them yet */
	uint64_t credit, debit;
	uint64_t open;              /* frames of this name on this context's stack */
	uint8_t listed;             /* its place in context->sampled, from 1 on */
	uint8_t turn;               /* of a sampled one: enum meter_turn of the next metered call */
	struct meter_cells cells[]; /* one for each meter */
};

struct meter_frame {
	nest_frame id;
	uint64_t start;                      /* by the first meter */
	uint64_t inner;                      /* taken by the frames nested in it */
	uint64_t weight;                     /* how many calls it stands for */
	uint64_t passed_start, passed_inner; /* as start and inner, of the time that was passed over */
	struct meter_row *row;
	struct meter_entry *entry;
	uint32_t name;
	uint32_t node; /* tracking: index + 1 */
};

/* The same for the other meters of a frame. */
struct meter_frame_more {
	uint64_t start[METER_METER_LIMIT - 1], inner[METER_METER_LIMIT - 1];
};

struct meter_node {
	uint32_t parent; /* index + 1 */
	uint32_t name;
	uint32_t last;  /* index + 1 of the child entered last */
	uint32_t chain; /* the next node with the same hash */
	uint64_t count;
	struct {
		uint64_t total, inherent;
	} cells[]; /* one for each meter */
};

struct meter_tree {
	unsigned char *nodes; /* room for the limit, meter_hot.node_bytes each */
	uint32_t *heads;      /* from a hash of parent and name to index + 1 */
	uint32_t mask;
	uint32_t count; /* atomic */
};

/* A call that has ended. */
struct meter_call_made {
	uint64_t name, start, took;
};

struct meter_timeline {
	struct meter_call_made *calls; /* the call of number n, from 0, at n % places; NULL: not kept */
	uint64_t places;
	uint64_t count; /* atomic: calls made, of which the last places - 1 are there */
};

enum { METER_CHUNK_ROWS = 64, METER_CHUNKS = METER_NAME_LIMIT / METER_CHUNK_ROWS, METER_SAMPLED_LIMIT = 128 };

/* A row of which calls are passed over. */
struct meter_sampled {
	struct meter_row *row;
	int32_t *left; /* in the context's */
	int32_t last;  /* what it was when passed_ns was brought up to date */
	int32_t ahead; /* of the gap, and whose turn it was, when a call was to be metered afresh */
	uint8_t turn;
	uint64_t all_ns; /* of a call, on average */
	int64_t own_ns;  /* what is inherent to it */
};

struct meter_context {
	struct meter_frame *top; /* the innermost frame; &stack[0] is the ground below all frames */
	nest_frame serial;
	uint64_t chance; /* from which gaps are drawn */
	uint32_t sampled_count;
	uint64_t afresh_ns; /* when the next call of all sampled ones is to be metered */
	uint64_t passed_ns; /* by estimate: the inherent time of all calls that were passed over */
	struct meter_tree tree;
	struct meter_timeline timeline;
	int files[METER_METER_LIMIT]; /* from perf_event_open; -1: none */
	void *pages[METER_METER_LIMIT];
	struct meter_troubles troubles;
	uint64_t threads;         /* that it has served */
	uint64_t half_ns, halves; /* the engine's time in HALVES sampled begins and ends */
	bool taken;               /* by a living thread; under the lock */
	struct meter_context *next;
	struct meter_arena arena; /* of rows, tree and timeline */
	/* Of what follows, only the pages that are used are touched. */
	struct meter_sampled sampled[METER_SAMPLED_LIMIT];
	int32_t left[METER_SLOTS];              /* meter_left of its thread */
	struct meter_row *chunks[METER_CHUNKS]; /* atomic */
	struct meter_frame stack[METER_STACK_FRAMES + 1];
	struct meter_frame_more more[METER_STACK_FRAMES + 1]; /* one for each frame */
};

/* The state of a thread. */
struct meter_self {
	struct meter_context *own;     /* NULL: none yet */
	struct meter_context *context; /* the same; NULL if something is to be done before its use */
	uintptr_t busy;                /* the stack address of the engine's running function; 0: none */
	bool ignored;
};
extern _Thread_local struct meter_self meter_self METER_HIDDEN __attribute__((tls_model("initial-exec")));

extern struct meter_context *meter_contexts METER_HIDDEN; /* atomic head; only ever grows */
extern pthread_mutex_t meter_contexts_lock METER_HIDDEN;

bool meter_contexts_open(struct nest_error *error);
void meter_contexts_close(void);
/* This thread's context, made or taken over if it has none; NULL if the thread is not metered. */
struct meter_context *meter_context_here(void);
/* Makes the row of a name that has none yet; NULL for lack of memory. */
struct meter_row *meter_row_make(struct meter_context *context, uint32_t name);
/* Empties all contexts, and frees those of other threads; this thread's frames are to begin again. */
void meter_contexts_forked(void);
/* Atomic: what went wrong where there was no context to count it in. */
extern struct meter_troubles meter_lost METER_HIDDEN;

static inline struct meter_row *
meter_row_find(const struct meter_context *context, uint32_t name)
{
	struct meter_row *chunk =
	    __atomic_load_n(&context->chunks[name / METER_CHUNK_ROWS], __ATOMIC_ACQUIRE);
	if (METER_UNLIKELY(chunk == NULL))
		return NULL;
	return (struct meter_row *)(void *)((unsigned char *)chunk +
					    name % METER_CHUNK_ROWS * meter_hot.row_bytes);
}

/* The calls of a row, as another thread may read them. */
struct meter_calls {
	uint64_t count, passed;
	double scale; /* for sums: calls that were passed over since the last sample are like those before */
};

static inline struct meter_calls
meter_row_calls(const struct meter_context *context, const struct meter_row *row, uint32_t name)
{
	uint64_t count = __atomic_load_n(&row->count, __ATOMIC_ACQUIRE), gap = meter_get(&row->gap);
	int32_t left = __atomic_load_n(&context->left[METER_SLOT(name)], __ATOMIC_RELAXED);
	uint64_t ahead = left > 0 ? (uint64_t)left : 0;
	uint64_t owed = meter_get(&row->owed) + (ahead < gap ? gap - ahead : 0);
	uint64_t pending = count > 0 ? owed : 0;
	return (struct meter_calls){count + pending, meter_get(&row->passed) + pending,
	    pending > 0 ? 1 + (double)pending / (double)count : 1};
}

/* A sum that is an estimate may be below 0. */
static inline uint64_t
meter_estimate(const struct meter_calls *calls, const uint64_t *sum)
{
	uint64_t value = meter_get(sum);
	if ((int64_t)value < 0)
		return 0;
	return calls->scale > 1 ? (uint64_t)((double)value * calls->scale) : value;
}

/* The sum of a row's calls, as another thread may read it. */
struct snapshot_sum meter_sum_of(const struct meter_calls *calls, const struct meter_cells *cells);

/* WHOLE without PART; not below 0, since the clocks of two processors may differ a little. */
static inline uint64_t
meter_rest(uint64_t whole, uint64_t part)
{
	return METER_LIKELY(whole >= part) ? whole - part : 0;
}

/* ---- what a configuration switches on ---- */

/* autolabel.c: gives a new name what its groups say, labels and a tier. */
void meter_entry_classify(struct meter_entry *entry);

/* hotspot.c, tracking.c, timeline.c; *TOTAL and *INHERENT are of each meter. */
void meter_hotspot_closed(struct meter_context *context, const struct meter_frame *frame,
    const uint64_t *total, const uint64_t *inherent);
/* False for lack of memory. */
bool meter_tracking_open(struct meter_context *context);
void meter_tracking_opened(struct meter_context *context, struct meter_frame *frame);
void meter_tracking_closed(struct meter_context *context, const struct meter_frame *frame,
    const uint64_t *total, const uint64_t *inherent);
bool meter_timeline_open(struct meter_context *context);
void meter_timeline_closed(struct meter_context *context, const struct meter_frame *frame, uint64_t total);
/* Reads call NUMBER; false if it may have been overwritten meanwhile. */
bool meter_timeline_read(
    const struct meter_timeline *timeline, uint64_t number, struct meter_call_made *call);

/* ---- the engine ---- */

/* What metering costs, measured at the start, in nanoseconds; 0 if not measured. */
struct meter_cost {
	double pair_ns;     /* a begin and its end, metered, as configured */
	double spread_ns;   /* of pairs: from the shortest to their median */
	double half_ns;     /* as meter_context.half_ns, of each of these calls */
	double passed_ns;   /* a begin and its end of a call that a sampled probe passes over */
	double skipped_ns;  /* a begin and its end that an extension does not admit; 0 if none could refuse */
	double disabled_ns; /* a begin and its end of a probe that is not live */
	uint64_t inside_ns; /* what a sampled call has of this in its time, by the first meter */
};

struct meter_engine {
	struct meter_config config;
	struct meter_set set;
	bool has_set;
	char *snapshot; /* the pattern of its path; NULL: none */
	char *config_path, *set_path, *process;
	meter_call *call;
	uint64_t started_ns; /* by the meter's clock */
	uint64_t started_epoch_ns;
	struct meter_cost cost;
	void (*on_disabled)(uint32_t name); /* atomic */
	/* Calls upwards: when a name is entered, when a thread ends, and (atomic, once) at the first probe.
	 */
	void (*classify)(struct meter_entry *entry);
	void (*close_frames)(void);
	void (*start_helper)(void); /* makes the thread that writes on request; NULL: it exists */
};
extern struct meter_engine meter_engine METER_HIDDEN;

/* The processor's counter, where all processors have the same one. */
static inline uint64_t
meter_ticks(void)
{
	uint64_t ticks = 0;
#if defined(__x86_64__)
	ticks = __rdtsc();
#elif defined(__aarch64__)
	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
#endif
	return ticks;
}

static inline uint64_t
meter_now(void)
{
	if (METER_LIKELY(meter_hot.tsc)) {
		unsigned __int128 ticks = meter_ticks() - meter_hot.tsc_base;
		return (uint64_t)((ticks * meter_hot.tsc_scale) >> 32);
	}
	return meter_hot.clock();
}

/* Chooses and calibrates the machine's clock, or takes CLOCK if it is not NULL. */
void meter_clock_open(meter_clock *clock);
/* What a clock of the system says, in nanoseconds. */
uint64_t meter_system_ns(clockid_t clock);

/* Finds out which meters are available here; meter_perf_reason says why one is not, "" if it is. */
void meter_perf_open(const struct meter_config *config);
const char *meter_perf_reason(size_t meter);
void meter_perf_context_open(struct meter_context *context);
void meter_perf_context_close(struct meter_context *context);
/* Reads all meters but the first. */
void meter_perf_read(struct meter_context *context, uint64_t *values);

/* Marks an entry disabled.  CALL and WHEN_NS of the first caller go into the record. */
void meter_entry_disable(struct meter_entry *entry, uint64_t call, uint64_t when_ns);

/* Closes this thread's frames as if they ended now, unless the engine is at work on them. */
void meter_close_open_frames(void);
/* In the child of a fork: its frames begin now, in emptied rows and an emptied tree. */
void meter_frames_begin_again(void);

/* sample.c: for every frame that opens or closes while the context has sampled probes. */
void meter_samples_open(struct meter_context *context, struct meter_frame *frame, uint32_t rate);
void meter_samples_close(struct meter_context *context, struct meter_frame *frame, bool outermost,
    const uint64_t *total, uint64_t *inherent);

/* overhead.c; signal.c: the thread that writes when SIGUSR1 comes. */
void meter_measure_cost(void);
void meter_signal_open(void);
void meter_signal_forked(void);

/* write.c: whether there is something to write, and a place for it; a fork waits for the writer. */
bool meter_has_snapshot(void);
void meter_write_close(void);
extern pthread_mutex_t meter_write_mutex METER_HIDDEN;

#endif
