/*
 * Chrome's trace event format, for chrome://tracing and Perfetto: a row for each
 * thread.  With timelines, every call that they keep is an event.  A call tree has
 * no points in time: each node is one complete event as long as all its calls
 * together, and children follow one another from the start of their parent.
 */
#include "meter/report.h"
#include "meter/text.h"
#include "meter/tree.h"

#include <stdlib.h>

static const char head[] = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";

/* Processes on several hosts may have the same pid, so the file numbers them itself. */
static size_t
process_of(const struct report *report, const struct tree *tree, uint32_t group)
{
	return (size_t)(tree->groups[group].snapshot - report->gathering->snapshots) + 1;
}

static void
print_names(const struct report *report, const struct tree *tree)
{
	for (uint32_t i = 0; i < tree->group_count; i++) {
		fprintf(report->file,
		    "%s{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%zu,\"tid\":%u,\"args\":{\"name\":",
		    i > 0 ? ",\n" : "\n", process_of(report, tree, i), (unsigned)tree->groups[i].context);
		text_json(report->file, tree->groups[i].title);
		fputs("}}", report->file);
	}
}

/* Times are microseconds; counts are unchanged. */
static void
print_events(const struct report *report, const struct tree *tree, const uint64_t *inclusive,
    uint64_t *starts, uint64_t *group_ends)
{
	double scale = report_is_time(&report->model->meters[report->meter]) ? 1e-3 : 1;
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_node *node = &tree->nodes[i];
		/* A parent's start, once printed, becomes the place of its next child. */
		uint64_t *next = node->parent == TREE_ROOT ? &group_ends[node->group] : &starts[node->parent];
		starts[i] = *next;
		*next += inclusive[i];
		fputs(",\n{\"ph\":\"X\",\"name\":", report->file);
		text_json(report->file, tree->names[node->name]);
		fprintf(report->file,
		    ",\"pid\":%zu,\"tid\":%u,\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"count\":%llu}}",
		    process_of(report, tree, node->group), (unsigned)tree->groups[node->group].context,
		    (double)starts[i] * scale, (double)inclusive[i] * scale, (unsigned long long)node->count);
	}
}

static void
print_call(FILE *file, const char *name, size_t pid, size_t tid, double start_ns, uint64_t took_ns)
{
	fputs(",\n{\"ph\":\"X\",\"name\":", file);
	text_json(file, name);
	fprintf(file, ",\"pid\":%zu,\"tid\":%zu,\"ts\":%.3f,\"dur\":%.3f}", pid, tid, start_ns * 1e-3,
	    (double)took_ns * 1e-3);
}

/* The calls of a thread, and where the oldest that is kept begins a word about those before it. */
static void
print_calls(FILE *file, const struct snapshot *snapshot, size_t context, size_t pid, double from_ns)
{
	const struct snapshot_context *thread = &snapshot->contexts[context];
	uint64_t lost = thread->calls_made - thread->call_count;
	for (size_t i = thread->call_count; i-- > 0;) {
		const struct snapshot_call *call = &thread->calls[i];
		double start_ns = from_ns + (double)call->start_ns;
		if (i + 1 == thread->call_count && lost > 0)
			fprintf(file,
			    ",\n{\"ph\":\"i\",\"s\":\"t\",\"name\":\"%llu older calls are not kept\","
			    "\"pid\":%zu,\"tid\":%zu,\"ts\":%.3f}",
			    (unsigned long long)lost, pid, context, start_ns * 1e-3);
		print_call(file, snapshot->names[call->name].name, pid, context, start_ns, call->took_ns);
	}
}

static void
print_timelines(const struct report *report)
{
	const struct gathering *gathering = report->gathering;
	fputs(head, report->file);
	for (size_t s = 0; s < gathering->count; s++) {
		const struct snapshot *snapshot = &gathering->snapshots[s];
		double from_ns = gather_offset_ns(gathering, s);
		fprintf(report->file,
		    "%s{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%zu,\"args\":{\"name\":",
		    s > 0 ? ",\n" : "\n", s + 1);
		text_json(report->file, snapshot->process);
		fputs("}}", report->file);
		for (size_t c = 0; c < snapshot->context_count; c++)
			print_calls(report->file, snapshot, c, s + 1, from_ns);
	}
}

static bool
print_tree(const struct report *report, struct nest_error *error)
{
	struct tree tree;
	uint64_t *inclusive = NULL, *starts = NULL;
	bool fine = tree_make(&tree, report->gathering, report->model, TREE_BY_CONTEXT, error) &&
	            (inclusive = tree_inclusive(&tree, report->meter, error)) != NULL;
	if (fine) {
		starts = calloc(tree.count + tree.group_count, sizeof *starts);
		fine = starts != NULL || nest_error_memory(error, tree.count * sizeof *starts, "the trace");
	}
	if (fine) {
		fputs(head, report->file);
		print_names(report, &tree);
		print_events(report, &tree, inclusive, starts, starts + tree.count);
	}
	free(starts);
	free(inclusive);
	tree_free(&tree);
	return fine;
}

bool
report_chrome(const struct report *report, struct nest_error *error)
{
	if (gather_has_timeline(report->gathering))
		print_timelines(report);
	else if (!print_tree(report, error))
		return false;
	fputs("\n]}\n", report->file);
	return true;
}
