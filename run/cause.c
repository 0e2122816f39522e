#include "run/cause.h"

#include "lib/dataset/place.h"
#include "run/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_BYTES_MOST = 1 << 20 };

/* The end of a process's log as a text, to be freed by the caller; NULL if there is none, or no memory. */
static char *
read_log(const struct process *process)
{
	struct stat status;
	if (process->log < 0 || fstat(process->log, &status) != 0 || status.st_size == 0)
		return NULL;
	size_t size = status.st_size < LOG_BYTES_MOST ? (size_t)status.st_size : LOG_BYTES_MOST;
	char *text = malloc(size + 1);
	ssize_t got = text != NULL ? pread(process->log, text, size, status.st_size - (off_t)size) : 0;
	if (got <= 0) {
		free(text);
		return NULL;
	}
	text[got] = '\0';
	return text;
}

/* Ends the line at AT with a zero byte; returns the next one, or NULL. */
static char *
end_line(char *at)
{
	char *end = strchr(at, '\n');
	if (end != NULL)
		*end++ = '\0';
	return end != NULL && *end != '\0' ? end : NULL;
}

/* The text after "PROGRAM" and MARK in LINE; NULL if LINE has another form. */
static const char *
sentence_of(const char *line, const char *mark)
{
	const char *at = strstr(line, mark);
	if (at == NULL || at == line || memchr(line, ' ', (size_t)(at - line)) != NULL)
		return NULL;
	return at + strlen(mark);
}

/* The last fatal message in LOG, whose lines then end with zero bytes; NULL if there is none. */
static const char *
last_sentence(char *log)
{
	const char *said = NULL;
	for (char *line = log, *next; line != NULL; line = next) {
		next = end_line(line);
		const char *sentence = sentence_of(line, ": fatal: ");
		said = sentence != NULL ? sentence : said;
	}
	return said;
}

static unsigned
rank_of(const struct process *process)
{
	if (WIFSIGNALED(process->status))
		return 1;
	char *log = read_log(process);
	const char *said = log != NULL ? last_sentence(log) : NULL;
	unsigned rank = said != NULL && strstr(said, " was lost") != NULL ? 3 : 2;
	free(log);
	return rank;
}

size_t
cause_choose(const struct process *processes, size_t count, size_t first)
{
	size_t cause = first;
	unsigned best = rank_of(&processes[first]);
	for (size_t i = 0; i < count && best > 1; i++) {
		unsigned rank = process_failed(&processes[i]) ? rank_of(&processes[i]) : best;
		if (rank < best) {
			cause = i;
			best = rank;
		}
	}
	return cause;
}

bool
cause_is_unsaid(const struct process *process)
{
	char *log = WIFSIGNALED(process->status) ? NULL : read_log(process);
	bool said = WIFSIGNALED(process->status) || (log != NULL && last_sentence(log) != NULL);
	free(log);
	return !said;
}

void
cause_tell(const struct process *process, const struct plan_process *planned, struct nest_error *error)
{
	char name[16];
	if (WIFSIGNALED(process->status)) {
		int number = WTERMSIG(process->status);
		nest_error_set(error, NEST_FAILED, "%s was killed by signal %d (%s)", planned->name, number,
		    signals_name(number, name));
		return;
	}
	int status = WEXITSTATUS(process->status);
	char *log = read_log(process);
	const char *said = log != NULL ? last_sentence(log) : NULL;
	const char *advice = status == NEST_INVALID && planned->advice != NULL ? planned->advice : "";
	enum nest_status known = status <= NEST_FAILED ? (enum nest_status)status : NEST_FAILED;
	if (said != NULL)
		nest_error_set(error, known, "%s: %s%s", planned->name, said, advice);
	else
		nest_error_set(error, known, "%s: ended with status %d and gave no reason%s", planned->name,
		    status, advice);
	free(log);
}

/* The end of a message that says how many parts are complete, from "; " on; NULL if it does not. */
static const char *
left_in(const char *sentence)
{
	static const char words[] = " parts are complete in ", parting[] = "; ";
	const char *left = strstr(sentence, words);
	while (left != NULL && left > sentence && strncmp(left, parting, sizeof parting - 1) != 0)
		left--;
	return left != NULL && left > sentence ? left : NULL;
}

/* Counts the parts of the run in DATASET's place now. */
static void
tell_left(const char *dataset, struct nest_error *error)
{
	struct place *place;
	struct nest_error ignored;
	bool found = false;
	if (!place_open(&place, dataset, "nest-run", &ignored))
		return;
	if (place_find(place, &found, &ignored) && found && place_join_found(place, &found, &ignored) &&
	    found)
		place_tell_left(place, error);
	place_leave(place, true, &ignored);
	place_close(place);
}

void
cause_add_left(const struct process *process, const char *dataset, struct nest_error *error)
{
	char *log = read_log(process);
	const char *said = log != NULL ? last_sentence(log) : NULL;
	const char *left = said != NULL ? left_in(said) : NULL;
	char *told = left != NULL ? strstr(error->text, left) : NULL;
	if (told != NULL)
		*told = '\0';
	/* A message that already says what to do with parts may mean those of another run. */
	if (left != NULL && strstr(error->text, "parquet-merge --sweep ") == NULL) {
		size_t used = strlen(error->text);
		tell_left(dataset, error);
		if (error->text[used] == '\0')
			nest_error_suffix(error, "%s", left);
	}
	free(log);
}

static bool
holds_one_of(const char *line, const char *const *texts)
{
	while (*texts != NULL && strstr(line, *texts) == NULL)
		texts++;
	return *texts != NULL;
}

void
cause_show_log(const struct process *process, const char *const *hidden, bool only_formal)
{
	char *log = read_log(process);
	for (char *line = log, *next; line != NULL; line = next) {
		next = end_line(line);
		bool is_formal =
		    sentence_of(line, ": warning: ") != NULL || sentence_of(line, ": fatal: ") != NULL;
		if ((is_formal || !only_formal) && !holds_one_of(line, hidden))
			fprintf(stderr, "%s\n", line);
	}
	free(log);
}
