#include "run/plan.h"

#include <stdlib.h>
#include <string.h>

/* A plan that is being read. */
struct reading {
	struct run_plan *plan;
	struct words_line line;
	size_t capacity;       /* of processes */
	size_t after;          /* what the following processes wait for */
	const char *advice;    /* advice for their invalid data */
	size_t publisher_word; /* names that are looked up at the end, as words; 0: none, since */
	size_t reader_word;    /* the first word of a plan is not a name */
	unsigned publisher_line, reader_line, rate_line;
};

bool
plan_hole_parse(struct view text, struct plan_hole *hole)
{
	static const char bound[] = "bound ";
	size_t size = sizeof bound - 1;
	*hole = (struct plan_hole){.kind = HOLE_RUN};
	if (view_equal(text, view_of_text("run")))
		return true;
	hole->kind = HOLE_STATS;
	if (view_equal(text, view_of_text("stats")))
		return true;
	hole->kind = HOLE_BOUND;
	if (text.size <= size || memcmp(text.data, bound, size) != 0)
		return false;
	hole->name = (struct view){text.data + size, text.size - size};
	return true;
}

size_t
run_plan_find(const struct run_plan *plan, struct view name, size_t hint)
{
	for (size_t i = 0; i < plan->count; i++) {
		size_t index = (hint + i) % plan->count;
		if (view_equal(view_of_text(plan->processes[index].name), name))
			return index;
	}
	return PLAN_NONE;
}

static bool
is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       byte == '.' || byte == '_' || byte == '-';
}

static bool
check_name(const char *name, size_t size, struct nest_error *error)
{
	bool sound = size > 0 && size <= PLAN_NAME_BYTES_MOST && name[0] != '.' && name[0] != '-';
	for (size_t i = 0; sound && i < size; i++)
		sound = is_name_byte(name[i]);
	return sound ||
	       nest_error_set(error, NEST_USAGE,
		   "a name is 1 to %d letters, digits and characters of '._-', and begins with none of '.-'",
		   PLAN_NAME_BYTES_MOST);
}

/* Word WHICH of the line, counted from 0. */
static const char *
line_text(const struct reading *reading, size_t which)
{
	return words_text(&reading->plan->words, reading->line.first + which);
}

/* ---- processes ---- */

/* The length of NAME without a dot and digits at its end. */
static size_t
stage_bytes(const char *name)
{
	size_t size = strlen(name), end = size;
	while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9')
		end--;
	return end < size && end > 1 && name[end - 1] == '.' ? end - 1 : size;
}

static bool
take_hole(struct reading *reading, struct plan_process *process, struct view text, size_t *hint,
    struct nest_error *error)
{
	struct run_plan *plan = reading->plan;
	struct plan_hole hole;
	if (!plan_hole_parse(text, &hole))
		return nest_error_set(error, NEST_USAGE,
		    "{%.40s} is none of {run}, {stats} and {bound NAME}; in single quotes it stands for "
		    "itself",
		    (const char *)text.data);
	if (hole.kind == HOLE_STATS)
		process->accounts = true;
	if (hole.kind != HOLE_BOUND)
		return true;
	size_t index = run_plan_find(plan, hole.name, *hint);
	if (index == PLAN_NONE)
		return nest_error_set(error, NEST_USAGE, "{%.*s}: there is no such process above",
		    (int)(text.size < 80 ? text.size : 80), (const char *)text.data);
	plan->processes[index].is_bound_wanted = true;
	*hint = index + 1;
	return true;
}

/* Takes the holes in words FIRST to FIRST + COUNT. */
static bool
take_holes(struct reading *reading, struct plan_process *process, size_t first, size_t count,
    struct nest_error *error)
{
	const struct words *words = &reading->plan->words;
	size_t hint = 0;
	for (size_t i = first; i < first + count; i++) {
		const struct word *word = words_at(words, i);
		for (size_t j = 0; j < word->count; j++) {
			const struct word_piece *piece = words_piece(words, word, j);
			if (piece->is_hole &&
			    !take_hole(reading, process, words_bytes(words, piece), &hint, error))
				return false;
		}
	}
	return true;
}

static bool
grow(struct reading *reading, struct nest_error *error)
{
	struct run_plan *plan = reading->plan;
	if (plan->count == PLAN_PROCESSES_MOST)
		return nest_error_set(
		    error, NEST_USAGE, "there are more than %d processes", PLAN_PROCESSES_MOST);
	if (plan->count < reading->capacity)
		return true;
	size_t capacity = reading->capacity * 2 + 16, bytes = capacity * sizeof *plan->processes;
	struct plan_process *processes = realloc(plan->processes, bytes);
	if (processes == NULL)
		return nest_error_memory(error, bytes, "the plan");
	plan->processes = processes;
	reading->capacity = capacity;
	return true;
}

/* NAME is followed by a colon. */
static bool
take_process(struct reading *reading, const char *name, struct nest_error *error)
{
	struct run_plan *plan = reading->plan;
	size_t size = strlen(name) - 1;
	struct plan_process process = {.first = reading->line.first + 1,
	    .count = reading->line.count - 1,
	    .after = reading->after,
	    .advice = reading->advice};
	if (!check_name(name, size, error))
		return false;
	if (run_plan_find(plan, (struct view){(const uint8_t *)name, size}, 0) != PLAN_NONE)
		return nest_error_set(error, NEST_USAGE, "there is a process %.*s already", (int)size, name);
	if (process.count == 0)
		return nest_error_set(error, NEST_USAGE, "%s has no command", name);
	if (!take_holes(reading, &process, process.first, process.count, error) || !grow(reading, error))
		return false;
	process.name = strndup(name, size);
	if (process.name == NULL)
		return nest_error_memory(error, size + 1, "the plan");
	process.stage_bytes = stage_bytes(process.name);
	plan->processes[plan->count++] = process;
	return true;
}

/* ---- directives ---- */

static bool
take_name(struct reading *reading, struct nest_error *error)
{
	reading->plan->name = line_text(reading, 1);
	return check_name(reading->plan->name, strlen(reading->plan->name), error);
}

static bool
take_stdin(struct reading *reading, struct nest_error *error)
{
	(void)error;
	reading->reader_word = reading->line.first + 1;
	reading->reader_line = reading->line.line;
	return true;
}

static bool
take_wait(struct reading *reading, struct nest_error *error)
{
	const char *name = line_text(reading, 1);
	reading->after = run_plan_find(reading->plan, view_of_text(name), 0);
	return reading->after != PLAN_NONE ||
	       nest_error_set(error, NEST_USAGE, "wait: there is no process '%.80s' above", name);
}

static bool
take_advice(struct reading *reading, struct nest_error *error)
{
	(void)error;
	reading->advice = line_text(reading, 1);
	return true;
}

static bool
take_dataset(struct reading *reading, struct nest_error *error)
{
	reading->publisher_word = reading->line.first + 1;
	reading->publisher_line = reading->line.line;
	reading->plan->dataset = line_text(reading, 2);
	return reading->plan->dataset[0] != '\0' ||
	       nest_error_set(error, NEST_USAGE, "dataset: the name of the directory is empty");
}

static bool
take_rate(struct reading *reading, struct nest_error *error)
{
	static const char *const figures[] = {
	    [PLAN_ROWS] = "rows", [PLAN_BYTES_IN] = "bytes_in", [PLAN_BYTES_OUT] = "bytes_out"};
	struct plan_rate *rate = &reading->plan->rate;
	const char *figure = line_text(reading, 3);
	rate->title = line_text(reading, 1);
	rate->stage = line_text(reading, 2);
	reading->rate_line = reading->line.line;
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (strcmp(figure, figures[i]) == 0) {
			rate->figure = (enum plan_figure)i;
			return true;
		}
	return nest_error_set(
	    error, NEST_USAGE, "rate: '%.40s' is none of rows, bytes_in, bytes_out", figure);
}

static bool
take_skipped(struct reading *reading, struct nest_error *error)
{
	(void)error;
	reading->plan->skipped = line_text(reading, 1);
	return true;
}

static bool
take_note(struct reading *reading, struct nest_error *error)
{
	(void)error;
	reading->plan->note = line_text(reading, 1);
	return true;
}

static bool
take_keep(struct reading *reading, struct nest_error *error)
{
	struct run_plan *plan = reading->plan;
	struct plan_process nobody = {0};
	plan->kept = line_text(reading, 1);
	plan->keep_first = reading->line.first + 2;
	plan->keep_count = reading->line.count - 2;
	if (!take_holes(reading, &nobody, plan->keep_first, plan->keep_count, error))
		return false;
	return !nobody.accounts ||
	       nest_error_set(error, NEST_USAGE, "keep: {stats} is a process's own; here it is nobody's");
}

static const struct directive {
	const char *name, *usage;
	size_t least, most; /* words, including itself */
	size_t plain;       /* how many of them have no holes */
	bool (*take)(struct reading *reading, struct nest_error *error);
} directives[] = {
    {"name", "name RUN", 2, 2, 2, take_name},
    {"stdin", "stdin NAME", 2, 2, 2, take_stdin},
    {"wait", "wait NAME", 2, 2, 2, take_wait},
    {"advice", "advice TEXT", 2, 2, 2, take_advice},
    {"dataset", "dataset NAME DIRECTORY", 3, 3, 3, take_dataset},
    {"rate", "rate TITLE STAGE FIGURE", 4, 4, 4, take_rate},
    {"skipped", "skipped TEXT", 2, 2, 2, take_skipped},
    {"note", "note TEXT", 2, 2, 2, take_note},
    {"keep", "keep FILE SOURCE...", 3, SIZE_MAX, 2, take_keep},
};

static bool
take_directive(struct reading *reading, const char *first, struct nest_error *error)
{
	for (size_t i = 0; i < sizeof directives / sizeof *directives; i++) {
		const struct directive *directive = &directives[i];
		if (strcmp(first, directive->name) != 0)
			continue;
		bool fits = reading->line.count >= directive->least && reading->line.count <= directive->most;
		for (size_t j = 1; fits && j < directive->plain; j++)
			fits = line_text(reading, j) != NULL;
		if (!fits)
			return nest_error_set(
			    error, NEST_USAGE, "this is not of the form: %s", directive->usage);
		return directive->take(reading, error);
	}
	return nest_error_set(
	    error, NEST_USAGE, "'%.40s' is no directive, and without ':' no process", first);
}

static bool
take_line(struct reading *reading, struct nest_error *error)
{
	const char *first = line_text(reading, 0);
	if (first == NULL)
		return nest_error_set(error, NEST_USAGE, "a line begins with 'NAME:' or with a directive");
	size_t size = strlen(first);
	return size > 0 && first[size - 1] == ':' ? take_process(reading, first, error)
	                                          : take_directive(reading, first, error);
}

/* ---- the whole ---- */

/* Finds the process named by a word that came before it. */
static bool
look_up(const struct reading *reading, const char *directive, size_t word, size_t *index,
    struct nest_error *error)
{
	const char *name = words_text(&reading->plan->words, word);
	*index = run_plan_find(reading->plan, view_of_text(name), 0);
	return *index != PLAN_NONE ||
	       nest_error_set(error, NEST_USAGE, "%s: there is no process '%.80s'", directive, name);
}

static bool
check_publisher(struct reading *reading, struct nest_error *error)
{
	struct run_plan *plan = reading->plan;
	if (!look_up(reading, "dataset", reading->publisher_word, &plan->publisher, error))
		return false;
	return plan->processes[plan->publisher].accounts ||
	       nest_error_set(error, NEST_USAGE, "dataset: %s writes no account to {stats}",
		   plan->processes[plan->publisher].name);
}

static bool
check_rate(const struct run_plan *plan, struct nest_error *error)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_process *process = &plan->processes[i];
		struct view stage = {(const uint8_t *)process->name, process->stage_bytes};
		if (process->accounts && view_equal(stage, view_of_text(plan->rate.stage)))
			return true;
	}
	return nest_error_set(
	    error, NEST_USAGE, "rate: no process of '%.80s' writes its account to {stats}", plan->rate.stage);
}

static bool
fail_at(struct nest_error *error, const char *file, unsigned line)
{
	return error->status == NEST_USAGE ? nest_error_prefix(error, "%s:%u: ", file, line) : false;
}

static bool
check(struct reading *reading, const char *file, struct nest_error *error)
{
	struct run_plan *plan = reading->plan;
	if (plan->count == 0)
		return nest_error_set(error, NEST_USAGE, "%s: there is no process in it", file);
	if (reading->reader_word > 0 &&
	    !look_up(reading, "stdin", reading->reader_word, &plan->reader, error))
		return fail_at(error, file, reading->reader_line);
	if (reading->publisher_word > 0 && !check_publisher(reading, error))
		return fail_at(error, file, reading->publisher_line);
	if (plan->rate.title != NULL && !check_rate(plan, error))
		return fail_at(error, file, reading->rate_line);
	return true;
}

static bool
take_lines(struct reading *reading, const char *file, struct view text, struct nest_error *error)
{
	struct words_source source = {text, 1};
	for (;;) {
		if (!words_next(&reading->plan->words, &source, &reading->line, error))
			return fail_at(error, file, source.line);
		if (reading->line.count == 0)
			return check(reading, file, error);
		if (!take_line(reading, error))
			return fail_at(error, file, reading->line.line);
	}
}

/*
 * Texts of directives point into the words, whose memory must not move: room for
 * all is made at once.
 */
static bool
reserve(struct run_plan *plan, struct view text, struct nest_error *error)
{
	return buffer_reserve(&plan->words.text, 2 * text.size + 1, error);
}

bool
run_plan_parse(struct run_plan *plan, const char *file, struct view text, struct nest_error *error)
{
	struct reading reading = {.plan = plan, .after = PLAN_NONE};
	*plan = (struct run_plan){.name = "nest-run", .reader = PLAN_NONE, .publisher = PLAN_NONE};
	if (text.size > PLAN_BYTES_MOST)
		return nest_error_set(
		    error, NEST_USAGE, "%s: a plan has at most %d bytes", file, PLAN_BYTES_MOST);
	if (reserve(plan, text, error) && take_lines(&reading, file, text, error))
		return true;
	run_plan_free(plan);
	return false;
}

void
run_plan_free(struct run_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free(plan->processes[i].name);
	free(plan->processes);
	words_free(&plan->words);
	*plan = (struct run_plan){0};
}
