#include "lib/wire/silence.h"

#include "lib/base/program.h"

#include <stdio.h>

void
silence_init(struct silence *silence, const struct wire_options *options, const char *title)
{
	*silence = (struct silence){.patience_s = SILENCE_PATIENCE_S, .options = options, .title = title};
}

/* Describes what the receiver waits for: "the end of nest-gen". */
static void
describe_wait(const struct silence *silence, const struct ledger *ledger, char *text, size_t size)
{
	const struct ledger_sender *unfinished = ledger_unfinished(ledger);
	size_t left = ledger->expected - ledger->ended_count;
	if (left == 0)
		snprintf(text, size, "all senders have ended; its writer has yet to close it");
	else if (unfinished == NULL)
		snprintf(text, size, "waiting for %s", silence->options->upstream);
	else if (left == 1)
		snprintf(text, size, "waiting for the end of %s", unfinished->name);
	else
		snprintf(text, size, "waiting for the ends of %zu senders, one of them %s", left,
		    unfinished->name);
}

void
silence_note(struct silence *silence, const struct ledger *ledger)
{
	const struct wire_options *options = silence->options;
	uint64_t now_ns = program_clock_ns();
	char what[FRAME_NAME_LIMIT + 80];
	if (silence->since_ns == 0)
		silence->since_ns = now_ns;
	if (now_ns - silence->since_ns < silence->patience_s * 1000000000u)
		return;
	describe_wait(silence, ledger, what, sizeof what);
	if (options->show_wait != NULL)
		options->show_wait(options->show_context, what);
	else
		program_warn("%s: no frame has come for %llu s; %s", silence->title,
		    (unsigned long long)silence->patience_s, what);
	silence->patience_s *= 2;
}
