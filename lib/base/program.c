#include "lib/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20 }; /* any size will do */

static const char *program_name = "nest";
static uint64_t started_ns;
static volatile sig_atomic_t interrupt_signal;
static bool dies_of_interrupt;

static void
note_interrupt(int signal_number)
{
	interrupt_signal = signal_number;
}

/* The handlers before: the default, or those by which a metered program leaves a snapshot. */
static struct sigaction before[SIGTERM + 1];

/* A signal that is ignored stays so, for nohup(1) and shells that start a background job. */
static void
take_over(int signal_number)
{
	struct sigaction action = {.sa_handler = note_interrupt}, inherited;
	sigemptyset(&action.sa_mask);
	if (sigaction(signal_number, NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN &&
	    sigaction(signal_number, &action, NULL) == 0)
		before[signal_number] = inherited;
}

/* Done last at exit, so that a shell's loop around an interrupted program ends with it. */
static void
die_of_interrupt(void)
{
	if (!dies_of_interrupt)
		return;
	sigaction((int)interrupt_signal, &before[interrupt_signal], NULL);
	raise((int)interrupt_signal);
}

void
program_call(const char *name)
{
	program_name = name;
}

void
program_start(const char *name)
{
	program_call(name);
	started_ns = program_clock_ns();

	take_over(SIGINT);
	take_over(SIGTERM);
	take_over(SIGHUP);
	atexit(die_of_interrupt);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

bool
program_interrupted(void)
{
	return interrupt_signal != 0;
}

void
program_die_of(int signal_number)
{
	interrupt_signal = signal_number;
	dies_of_interrupt = true;
}

bool
program_interrupt_error(struct nest_error *error)
{
	return nest_error_set(error, NEST_FAILED, "interrupted by signal %d (%s)", (int)interrupt_signal,
	    strsignal((int)interrupt_signal));
}

void
program_make_plain(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++)
		if (*at < ' ' || *at == 0x7f)
			*at = '?';
		else if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
}

/* Prints one line, whatever is in TEXT: names of senders, files and records are untrusted. */
static void
say(const char *kind, char *text)
{
	program_make_plain(text);
	fprintf(stderr, "%s: %s: %s\n", program_name, kind, text);
}

void
program_tell(const struct nest_error *error)
{
	struct nest_error shown = *error;
	fflush(stdout);
	say("fatal", shown.text);
}

noreturn void
program_die(const struct nest_error *error)
{
	program_tell(error);
	dies_of_interrupt = interrupt_signal != 0;
	exit(error->status != NEST_OK ? (int)error->status : (int)NEST_FAILED);
}

void
program_warn(const char *format, ...)
{
	char text[2 * sizeof((struct nest_error *)0)->text];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	say("warning", text);
}

void
program_finish_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout) && close(STDOUT_FILENO) == 0)
		return;
	struct nest_error error;
	nest_error_system(&error, "unable to write standard output");
	program_die(&error);
}

void
program_widen_pipe(int fd)
{
	fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

uint64_t
program_clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The present figures of the process. */
struct usage {
	double wall_s, user_s, system_s;
	uint64_t peak_bytes;
};

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/*
 * The largest size, from the kernel's own mark if there is one: getrusage() may
 * give that of the process that started this one, if it was larger.
 */
static uint64_t
peak_bytes(const struct rusage *used)
{
	uint64_t peak = (uint64_t)used->ru_maxrss * 1024u;
	char line[256];
	unsigned long long kilobytes;
	FILE *file = fopen("/proc/self/status", "re");
	if (file == NULL)
		return peak;
	while (fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "VmHWM: %llu kB", &kilobytes) == 1)
			peak = kilobytes * 1024u;
	fclose(file);
	return peak;
}

static struct usage
usage_now(void)
{
	struct rusage used = {0};
	getrusage(RUSAGE_SELF, &used);
	return (struct usage){
	    .wall_s = (double)(program_clock_ns() - started_ns) * 1e-9,
	    .user_s = seconds(used.ru_utime),
	    .system_s = seconds(used.ru_stime),
	    .peak_bytes = peak_bytes(&used),
	};
}

static bool
write_stats(const struct program_account *account, const char *path, struct nest_error *error)
{
	struct usage used = usage_now();
	bool is_output = strcmp(path, "-") == 0;
	FILE *file = is_output ? stdout : fopen(path, "we");
	if (file == NULL)
		return nest_error_system(error, "unable to open %s", path);
	fprintf(file,
	    "{\"stage\":\"%s\",\"name\":\"%s\",\"rows\":%llu,\"bytes_in\":%llu,\"bytes_out\":%llu,"
	    "\"frames_in\":%llu,\"frames_out\":%llu,\"wall_s\":%.6f,\"user_s\":%.6f,\"system_s\":%.6f,"
	    "\"peak_bytes\":%llu",
	    account->stage, account->name, (unsigned long long)account->rows,
	    (unsigned long long)account->bytes_in, (unsigned long long)account->bytes_out,
	    (unsigned long long)account->frames_in, (unsigned long long)account->frames_out, used.wall_s,
	    used.user_s, used.system_s, (unsigned long long)used.peak_bytes);
	if (account->has_skipped)
		fprintf(file, ",\"skipped\":%llu", (unsigned long long)account->skipped);
	fputs("}\n", file);
	bool written = !ferror(file);
	if ((is_output ? fflush(file) : fclose(file)) != 0 || !written)
		return nest_error_system(error, "unable to write %s", is_output ? "standard output" : path);
	return true;
}

static void
print_stats(const struct program_account *account)
{
	struct usage used = usage_now();
	fprintf(stderr,
	    "%s: %llu rows, %llu frames in (%.1f MB), %llu frames out (%.1f MB), "
	    "%.3f s, CPU %.3f s, peak memory %.1f MB\n",
	    account->stage, (unsigned long long)account->rows, (unsigned long long)account->frames_in,
	    (double)account->bytes_in * 1e-6, (unsigned long long)account->frames_out,
	    (double)account->bytes_out * 1e-6, used.wall_s, used.user_s + used.system_s,
	    (double)used.peak_bytes * 1e-6);
}

bool
program_report_settle(const struct program_report *report, bool output_is_taken, struct nest_error *error)
{
	if (!output_is_taken || report->stats == NULL || strcmp(report->stats, "-") != 0)
		return true;
	return nest_error_set(error, NEST_USAGE,
	    "--stats: standard output gets what is made here; name a file, or /dev/stderr");
}

bool
program_report(
    const struct program_report *report, const struct program_account *account, struct nest_error *error)
{
	if (report->verbose)
		print_stats(account);
	return report->stats == NULL || write_stats(account, report->stats, error);
}
