/*
 * nest-run - starts the processes of a plan, and sees them through to their end.
 *
 * Names the first that fails, stops the others, adds up what they did, and leaves
 * nothing behind, however it is ended itself.
 */
#include "lib/base/options.h"
#include "lib/base/program.h"
#include "run/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STALL_SECONDS = 60, STALL_SECONDS_MOST = 86400 };

static bool
parse_arguments(
    struct run_options *settings, const char **file, int argc, char **argv, struct nest_error *error)
{
	*settings = (struct run_options){.stall_seconds = STALL_SECONDS};
	const struct option_spec options[] = {
	    {0, "stall", "SECONDS", "end the run where a process is halted for so long; 0: never (60)",
		OPTION_COUNT, &settings->stall_seconds, 0, STALL_SECONDS_MOST},
	    {0, "summary", "FILE", "write the summary to FILE, too, as JSON", OPTION_TEXT, &settings->summary,
		0, 0},
	    {'q', "quiet", NULL, "print nothing but what went wrong", OPTION_FLAG, &settings->quiet, 0, 0},
	    {0},
	};
	const struct program_usage usage = {"nest-run", "[options] plan",
	    "Runs the processes of a plan, and sees them through to their end.", options};
	int operands;
	if (!options_parse(&usage, argc, argv, &operands, error))
		return false;
	if (argc - operands != 1)
		return nest_error_set(error, NEST_USAGE, "one plan is wanted; see nest-run --help");
	*file = argv[operands];
	return true;
}

/* A closed descriptor would become that of a log; writes to it fail, as they would have. */
static void
fill_standard_descriptors(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* The descriptor that /dev/fd/N leads to; -1 for another file. */
static int
descriptor_of(const char *file)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		size_t size = strlen(folders[i]);
		char *end;
		if (strncmp(file, folders[i], size) != 0)
			continue;
		long fd = strtol(file + size, &end, 10);
		if (end > file + size && *end == '\0' && fd > STDERR_FILENO && fd <= 1 << 20)
			return (int)fd;
	}
	return -1;
}

static bool
read_all(int fd, const char *name, struct buffer *text, struct nest_error *error)
{
	enum { PIECE_BYTES = 1 << 16 };
	for (;;) {
		if (!buffer_reserve(text, PIECE_BYTES, error))
			return false;
		ssize_t got = read(fd, text->data + text->size, PIECE_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return nest_error_system(error, "unable to read %s", name);
		if (got == 0 || text->size > PLAN_BYTES_MOST)
			return true;
		text->size += (size_t)got;
	}
}

/* Reads the plan; closes a descriptor that was made for it, so that no process inherits it. */
static bool
read_plan(struct run_plan *plan, const char *file, struct nest_error *error)
{
	struct buffer text = {0};
	bool is_input = strcmp(file, "-") == 0;
	int given = is_input ? STDIN_FILENO : descriptor_of(file);
	const char *name = is_input ? "standard input" : file;
	int fd = given >= 0 ? given : open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return nest_error_system(error, "unable to open %s", file);
	bool done = read_all(fd, name, &text, error);
	if (!is_input)
		close(fd);
	done = done && run_plan_parse(plan, name, (struct view){text.data, text.size}, error);
	buffer_free(&text);
	if (!done)
		return false;
	if (plan->reader == PLAN_NONE)
		return true;
	if (is_input)
		return nest_error_set(error, NEST_USAGE,
		    "the plan is read from standard input, which it gives to %s: name a file",
		    plan->processes[plan->reader].name);
	return !isatty(STDIN_FILENO) ||
	       nest_error_set(error, NEST_USAGE,
		   "standard input is a terminal, which %s cannot read: redirect a file or a pipe",
		   plan->processes[plan->reader].name);
}

static size_t
longest_name(const struct run_plan *plan)
{
	size_t longest = 0;
	for (size_t i = 0; i < plan->count; i++) {
		size_t size = strlen(plan->processes[i].name);
		longest = size > longest ? size : longest;
	}
	return longest;
}

static bool
prepare(struct run *run, struct nest_error *error)
{
	struct sigaction pipe;
	struct rlimit files;
	run->ignores_pipe = sigaction(SIGPIPE, NULL, &pipe) == 0 && pipe.sa_handler == SIG_IGN;
	/* There is a log for each process. */
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return nest_error_system(error, "unable to ask for limits");
	run->files = files;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (run->plan->publisher != PLAN_NONE)
		run->before = dataset_look(run->plan->dataset);
	return folder_choose(&run->folder, longest_name(run->plan), error);
}

int
main(int argc, char **argv)
{
	struct run_options options;
	struct run_plan plan;
	struct run run = {.plan = &plan, .options = &options};
	struct nest_error error;
	const char *file = NULL;
	fill_standard_descriptors();
	program_call("nest-run");
	if (!parse_arguments(&options, &file, argc, argv, &error) || !read_plan(&plan, file, &error))
		program_die(&error);
	program_call(plan.name);
	int status = prepare(&run, &error) ? guardian_run(&run, &error) : -1;
	if (status < 0)
		program_die(&error);
	run_plan_free(&plan);
	return status;
}
