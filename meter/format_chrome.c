/*
 * Chrome's trace event format, for chrome://tracing and Perfetto: a row for each
 * thread, in which every call that its timeline keeps is an event.
 */
#include "meter/report.h"
#include "meter/text.h"

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

bool
report_chrome(const struct report *report, struct nest_error *error)
{
	const struct gathering *gathering = report->gathering;
	if (!gather_has_timeline(gathering))
		return nest_error_set(error, NEST_USAGE,
		    "no snapshot has a timeline; meter with timeline.enabled=true in the configuration");
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", report->file);
	/* Processes on several hosts may have the same pid, so the file numbers them itself. */
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
	fputs("\n]}\n", report->file);
	return true;
}
