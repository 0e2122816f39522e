#include "lib/wire/wire.h"

#include "lib/meter/probe.h"
#include "lib/wire/transport.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct wire_options
wire_options_default(const char *program, const char *upstream, const char *downstream)
{
	return (struct wire_options){.senders = 1,
	    .timeout_s = 30,
	    .program = program,
	    .upstream = upstream,
	    .downstream = downstream};
}

/* Whether NAME needs no quoting wherever it is shown. */
static bool
is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@-";
	size_t size = strlen(name);
	return size > 0 && size <= FRAME_NAME_LIMIT && strspn(name, plain) == size;
}

bool
wire_options_settle(struct wire_options *options, struct nest_error *error)
{
	char host[128] = "";
	if (options->name == NULL) {
		if (gethostname(host, sizeof host - 1) != 0 || !is_plain(host))
			snprintf(host, sizeof host, "localhost");
		snprintf(options->default_name, sizeof options->default_name, "%s.%.100s.%ld",
		    options->program, host, (long)getpid());
		options->name = options->default_name;
	}
	if (!is_plain(options->name))
		return nest_error_set(error, NEST_USAGE,
		    "--name: '%.64s' is not 1 to %d letters, digits and . _ : @ -", options->name,
		    FRAME_NAME_LIMIT);
	if (options->shares_memory && !transport_is_local(options->from) && !transport_is_local(options->to))
		return nest_error_set(error, NEST_USAGE,
		    "--wire-memory: memory is shared over ipc:// only; no endpoint here is one");
	nest_probe_process(options->name);
	return true;
}

bool
wire_takes_output(const struct wire_options *options)
{
	return transport_is_pipe(options->to);
}
