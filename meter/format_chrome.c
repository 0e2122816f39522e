/*
 * Chrome's trace event format, for chrome://tracing and Perfetto: a row for each
 * thread, in which every call that its timeline keeps is an event.
 */
#include "meter/json.h"
#include "meter/report.h"

/* The calls of a thread, and where the oldest that is kept begins a word about those before it. */
static void
print_calls(struct json *json, const struct snapshot *snapshot, size_t context, size_t pid, double from_ns)
{
	const struct snapshot_context *thread = &snapshot->contexts[context];
	uint64_t lost = thread->calls_made - thread->call_count;
	for (size_t i = thread->call_count; i-- > 0;) {
		const struct snapshot_call *call = &thread->calls[i];
		double start_us = (from_ns + (double)call->start_ns) * 1e-3;
		if (i + 1 == thread->call_count && lost > 0)
			json_print(json,
			    "\n{\"ph\":\"i\",\"s\":\"t\",\"name\":\"%llu older calls are not kept\","
			    "\"pid\":%zu,\"tid\":%zu,\"ts\":%.3f}",
			    (unsigned long long)lost, pid, context, start_us);
		json_print(json, "\n{\"ph\":\"X\"");
		json_text(json, "name", snapshot->names[call->name].name);
		json_print(json, "\"pid\":%zu,\"tid\":%zu,\"ts\":%.3f,\"dur\":%.3f}", pid, context, start_us,
		    (double)call->took_ns * 1e-3);
	}
}

bool
report_chrome(const struct report *report, struct nest_error *error)
{
	const struct gathering *gathering = report->gathering;
	struct json json = {.file = report->file};
	if (!gather_has_timeline(gathering))
		return nest_error_set(error, NEST_USAGE,
		    "no snapshot has a timeline; meter with timeline.enabled=true in the configuration");
	json_print(&json, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
	/* Processes on several hosts may have the same pid, so the file numbers them itself. */
	for (size_t s = 0; s < gathering->count; s++) {
		const struct snapshot *snapshot = &gathering->snapshots[s];
		json_print(&json, "\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%zu,\"args\":{", s + 1);
		json_text(&json, "name", snapshot->process);
		json_print(&json, "}}");
		for (size_t c = 0; c < snapshot->context_count; c++)
			print_calls(&json, snapshot, c, s + 1, gather_offset_ns(gathering, s));
	}
	fputs("\n]}\n", report->file);
	return true;
}
