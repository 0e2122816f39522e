#include "merge/progress.h"

#include "lib/base/hash.h"
#include "lib/base/program.h"
#include "lib/base/quantity.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	SENDER_SLOTS = 1 << 13, /* a power of two, twice as many as there can be senders */
	DRAW_EVERY_MS = 160,
	BAR_COLUMNS = 16, /* of the bar, without its frame */
};

/* A sender, by the hash of its name, never 0; two names with one hash would only make the line wrong. */
struct progress_sender {
	uint64_t hash;
	uint64_t rows, input_bytes;
};

bool
progress_init(struct progress *progress, bool shown, struct nest_error *error)
{
	*progress = (struct progress){.shown = shown, .started_ns = program_clock_ns()};
	if (!shown)
		return true;
	progress->senders = calloc(SENDER_SLOTS, sizeof *progress->senders);
	if (progress->senders == NULL)
		return nest_error_memory(error, SENDER_SLOTS * sizeof *progress->senders, "the progress");
	return true;
}

/* The sender's slot; NULL if there is no room for one more. */
static struct progress_sender *
find_sender(struct progress *progress, struct view name)
{
	uint64_t hash = hash_bytes(name, 0);
	hash += hash == 0; /* which is an empty slot's */
	size_t slot = (size_t)hash & (SENDER_SLOTS - 1);
	while (progress->senders[slot].hash != 0 && progress->senders[slot].hash != hash)
		slot = (slot + 1) & (SENDER_SLOTS - 1);
	if (progress->senders[slot].hash == 0) {
		if (progress->sender_count == SENDER_SLOTS / 2)
			return NULL;
		progress->sender_count++;
		progress->senders[slot].hash = hash;
	}
	return &progress->senders[slot];
}

/* A sender that had done *KNOWN has done DONE; a smaller number is ignored. */
static void
add_to(uint64_t *sum, uint64_t *known, uint64_t done)
{
	if (done < *known)
		return;
	*sum += done - *known;
	*known = done;
}

void
progress_take(struct progress *progress, const struct frame *frame)
{
	if (!progress->shown || frame->kind != FRAME_PROGRESS)
		return;
	if (frame->total_rows > 0)
		progress->total_rows = frame->total_rows;
	if (frame->input_total > 0)
		progress->input_total = frame->input_total;
	struct progress_sender *sender = find_sender(progress, frame->sender);
	if (sender == NULL)
		return;
	add_to(&progress->rows, &sender->rows, frame->rows);
	add_to(&progress->input_bytes, &sender->input_bytes, frame->input_bytes);
}

static const char *
short_time(double seconds, char text[32])
{
	if (seconds < 60)
		snprintf(text, 32, "%.0f s", seconds);
	else if (seconds < 3600)
		snprintf(text, 32, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
	else if (seconds < 360000)
		snprintf(text, 32, "%d h %02d min", (int)seconds / 3600, (int)seconds / 60 % 60);
	else
		snprintf(text, 32, "days");
	return text;
}

/* The terminal's columns; a relay may be in front of it, as in pipelines/contacts.  0 if there is none. */
static unsigned
terminal_columns(void)
{
	struct winsize size = {0};
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0)
		return 0;
	if (ioctl(terminal, TIOCGWINSZ, &size) != 0)
		size.ws_col = 0;
	close(terminal);
	return size.ws_col;
}

/* A wrapped line could not be overwritten: if room is short, the bar is dropped, then the end of the line. */
static void
print_line(const char *bar, const char *text)
{
	unsigned columns = terminal_columns();
	size_t most = columns > 1 ? columns - 1 : SIZE_MAX;
	if (strlen(bar) + strlen(text) > most)
		bar = "";
	fprintf(stderr, "\r%s%.*s\033[K", bar, (int)(most < INT_MAX ? most : INT_MAX), text);
}

/* What the bar measures: rows; or bytes of the input, with the rows beside it. */
struct measure {
	double done, total; /* total: 0 if unknown */
	const char *unit;
	char beside[32];
};

static struct measure
measure_of(const struct progress *progress, uint64_t rows)
{
	char text[QUANTITY_BYTES];
	struct measure measure = {(double)rows, (double)progress->total_rows, "rows", ""};
	if (progress->input_total == 0)
		return measure;
	measure = (struct measure){(double)progress->input_bytes, (double)progress->input_total, "bytes", ""};
	snprintf(measure.beside, sizeof measure.beside, "  %s rows", quantity_print((double)rows, text));
	return measure;
}

static void
draw_line(const struct measure *measure, double elapsed_s)
{
	char done[QUANTITY_BYTES], rate_text[QUANTITY_BYTES], total[QUANTITY_BYTES], left[32], line[160];
	double rate = elapsed_s > 0 ? measure->done / elapsed_s : 0;
	quantity_print(measure->done, done);
	quantity_print(rate, rate_text);
	if (measure->total <= 0) {
		snprintf(line, sizeof line, "%s %s  %s %s/s", done, measure->unit, rate_text, measure->unit);
		print_line("", line);
		return;
	}
	double share = measure->done / measure->total;
	if (share > 1)
		share = 1;
	char bar[] = "[................] ";
	memset(bar + 1, '#', (size_t)(share * BAR_COLUMNS));
	snprintf(line, sizeof line, "%3u%%  %s of %s %s%s  %s %s/s  %s left", (unsigned)(share * 100), done,
	    quantity_print(measure->total, total), measure->unit, measure->beside, rate_text, measure->unit,
	    rate > 0 ? short_time((1 - share) * measure->total / rate, left) : "?");
	print_line(bar, line);
}

void
progress_draw(struct progress *progress, uint64_t least_rows)
{
	if (!progress->shown)
		return;
	uint64_t now_ns = program_clock_ns();
	if (progress->drawn && now_ns - progress->drawn_ns < (uint64_t)DRAW_EVERY_MS * 1000000u)
		return;
	progress->drawn = true;
	progress->drawn_ns = now_ns;
	struct measure measure =
	    measure_of(progress, progress->rows > least_rows ? progress->rows : least_rows);
	draw_line(&measure, (double)(now_ns - progress->started_ns) * 1e-9);
}

void
progress_draw_wait(struct progress *progress, const char *what)
{
	char rows[QUANTITY_BYTES], line[512];
	snprintf(line, sizeof line, "%s rows  %s", quantity_print((double)progress->rows, rows), what);
	program_make_plain(line);
	progress->drawn = true;
	print_line("", line);
}

void
progress_finish(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	free(progress->senders);
	*progress = (struct progress){0};
}
