/* The output of the process that shows progress, divided: lines go to its log, bars to the terminal. */
#include "run/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ERASE "\033[K"
#define BAR "\r 50 %" ERASE

enum {
	LINE_MOST = 1 << 16, /* so much is kept of what has no end yet, and a piece more */
	PIECE = 1 << 14,
	PIPE_MOST = 1 << 16,
};

/* SCREEN is standard error while the relay works; WRITER belongs to the process. */
struct bench {
	struct relay relay;
	int log, screen, writer, own;
};

static int
make_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void
begin(struct bench *bench, bool shows)
{
	struct nest_error error;
	*bench = (struct bench){.log = make_file(), .screen = make_file(), .own = dup(STDERR_FILENO)};
	assert_true(bench->own >= 0);
	assert_true(relay_open(&bench->relay, bench->log, shows, &bench->writer, &error));
}

static void
say(const struct bench *bench, const char *text)
{
	assert_int_equal(write(bench->writer, text, strlen(text)), strlen(text));
}

static void
take(struct bench *bench)
{
	struct nest_error error;
	assert_int_equal(dup2(bench->screen, STDERR_FILENO), STDERR_FILENO);
	bool done = relay_read(&bench->relay, &error);
	assert_int_equal(dup2(bench->own, STDERR_FILENO), STDERR_FILENO);
	assert_true(done);
}

static void
leave(struct bench *bench)
{
	assert_int_equal(dup2(bench->screen, STDERR_FILENO), STDERR_FILENO);
	relay_close(&bench->relay);
	assert_int_equal(dup2(bench->own, STDERR_FILENO), STDERR_FILENO);
}

static void
end(struct bench *bench)
{
	if (bench->writer >= 0)
		close(bench->writer);
	close(bench->log);
	close(bench->screen);
	close(bench->own);
}

static size_t
size_of(int fd)
{
	struct stat status;
	assert_int_equal(fstat(fd, &status), 0);
	return (size_t)status.st_size;
}

static void
check(int fd, const char *expected)
{
	char text[256] = "";
	assert_true(pread(fd, text, sizeof text - 1, 0) >= 0);
	assert_string_equal(text, expected);
}

static void
test_lines_and_bars_are_parted(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, true);
	say(&bench, "one\n" BAR BAR "two\nth" BAR "ree\n");
	take(&bench);
	check(bench.log, "one\ntwo\nthree\n");
	check(bench.screen, BAR BAR BAR);
	leave(&bench);
	/* The last one is wiped out. */
	check(bench.screen, BAR BAR BAR "\r" ERASE);
	end(&bench);
}

static void
test_without_a_terminal_no_bar_is_shown(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, false);
	say(&bench, BAR "one\n" BAR);
	take(&bench);
	leave(&bench);
	check(bench.log, "one\n");
	check(bench.screen, "");
	end(&bench);
}

static void
test_what_is_not_whole_waits_for_the_rest(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, true);
	say(&bench, "on");
	take(&bench);
	check(bench.log, "");
	say(&bench, "e\n\r 5");
	take(&bench);
	check(bench.log, "one\n");
	check(bench.screen, "");
	say(&bench, "0 %\033");
	take(&bench);
	check(bench.screen, "");
	say(&bench, "[Ktw");
	take(&bench);
	check(bench.screen, BAR);
	check(bench.log, "one\n");
	leave(&bench);
	/* At the end there is no rest. */
	check(bench.log, "one\ntw");
	end(&bench);
}

static void
test_a_bar_without_an_end_is_no_bar(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, true);
	say(&bench, "\r 50 %");
	take(&bench);
	leave(&bench);
	check(bench.log, "\r 50 %");
	check(bench.screen, "");
	end(&bench);
}

static void
test_what_was_published_is_noted(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, false);
	say(&bench, "parquet-merge: publ");
	take(&bench);
	assert_false(bench.relay.published);
	say(&bench, "ished 3 files\n");
	take(&bench);
	assert_true(bench.relay.published);
	say(&bench, "more\n");
	leave(&bench);
	assert_true(bench.relay.published);
	check(bench.log, "parquet-merge: published 3 files\nmore\n");
	end(&bench);
}

static void
test_the_end_of_what_is_said(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, false);
	say(&bench, "last words");
	close(bench.writer);
	bench.writer = -1;
	take(&bench);
	/* There is nothing to poll any more. */
	assert_int_equal(bench.relay.fd, -1);
	check(bench.log, "");
	leave(&bench);
	check(bench.log, "last words");
	leave(&bench);
	end(&bench);
}

/* Says SIZE bytes without an end of line from a process of its own, which waits where the pipe is full. */
static void
say_long(struct bench *bench, size_t size, char byte)
{
	char piece[1000];
	int status;
	memset(piece, byte, sizeof piece);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		for (size_t done = 0; done < size;) {
			size_t most = size - done < sizeof piece ? size - done : sizeof piece;
			ssize_t wrote = write(bench->writer, piece, most);
			if (wrote <= 0)
				_exit(1);
			done += (size_t)wrote;
		}
		_exit(0);
	}
	struct pollfd fd = {.fd = bench->relay.fd, .events = POLLIN};
	while (waitpid(pid, &status, WNOHANG) == 0) {
		assert_true(poll(&fd, 1, 10) >= 0);
		take(bench);
	}
	take(bench);
	assert_int_equal(status, 0);
}

/* Also through a pipe that is full again and again. */
static void
check_long(const char *beginning, size_t size)
{
	struct bench bench;
	size_t begun = strlen(beginning);
	begin(&bench, true);
	say(&bench, beginning);
	say_long(&bench, size, 'x');
	assert_in_range(bench.relay.pending.size, 0, LINE_MOST);
	assert_in_range(bench.relay.pending.capacity, 0, 2 * (LINE_MOST + PIECE));
	assert_in_range(size_of(bench.log), begun + size - LINE_MOST, begun + size);
	say(&bench, "\nnext\n");
	leave(&bench);

	size_t all = begun + size + strlen("\nnext\n");
	char *text = malloc(all + 1);
	assert_non_null(text);
	assert_int_equal(pread(bench.log, text, all + 1, 0), all);
	text[all] = '\0';
	assert_memory_equal(text, beginning, begun);
	assert_int_equal(strspn(text + begun, "x"), size);
	assert_string_equal(text + begun + size, "\nnext\n");
	free(text);
	assert_int_equal(size_of(bench.screen), 0);
	end(&bench);
}

static void
test_a_very_long_line(void **state)
{
	(void)state;
	check_long("", 5 * PIPE_MOST + 7);
}

static void
test_a_bar_that_never_ends(void **state)
{
	(void)state;
	check_long("\r", 5 * PIPE_MOST + 7);
}

static void
test_nobody_takes_what_is_said(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, true);
	leave(&bench);
	assert_int_equal(write(bench.writer, "lost\n", 5), -1);
	assert_int_equal(errno, EPIPE);
	check(bench.log, "");
	end(&bench);
}

static void
test_a_log_that_is_full(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench, true);
	bench.relay.log = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(bench.relay.log >= 0);
	int full = bench.relay.log;
	say(&bench, "parquet-merge: published 3 files\n" BAR);
	take(&bench);
	assert_true(bench.relay.published);
	check(bench.screen, BAR);
	leave(&bench);
	close(full);
	end(&bench);
}

/* A terminal that is gone, or held back by Control-S, as a pipe that is. */
static int
begin_with_pipe(struct bench *bench)
{
	int ends[2];
	begin(bench, true);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(bench->screen);
	bench->screen = ends[1];
	return ends[0];
}

static void
fill(int fd)
{
	char piece[1000] = "";
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (size_t size = sizeof piece; size > 0; size /= 2)
		while (write(fd, piece, size) > 0)
			;
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
}

static void
test_a_terminal_that_is_held_back_is_not_waited_for(void **state)
{
	struct bench bench;
	(void)state;
	int terminal = begin_with_pipe(&bench);
	alarm(20);
	say(&bench, BAR);
	take(&bench);
	assert_true(bench.relay.is_drawn);
	fill(bench.screen);
	say(&bench, BAR "one\n");
	take(&bench);
	check(bench.log, "one\n");
	leave(&bench);
	alarm(0);
	close(terminal);
	end(&bench);
}

static void
test_a_terminal_that_is_gone(void **state)
{
	struct bench bench;
	(void)state;
	close(begin_with_pipe(&bench));
	say(&bench, BAR "one\n" BAR);
	take(&bench);
	leave(&bench);
	check(bench.log, "one\n");
	end(&bench);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines_and_bars_are_parted),
	    cmocka_unit_test(test_without_a_terminal_no_bar_is_shown),
	    cmocka_unit_test(test_what_is_not_whole_waits_for_the_rest),
	    cmocka_unit_test(test_a_bar_without_an_end_is_no_bar),
	    cmocka_unit_test(test_what_was_published_is_noted),
	    cmocka_unit_test(test_the_end_of_what_is_said),
	    cmocka_unit_test(test_a_very_long_line),
	    cmocka_unit_test(test_a_bar_that_never_ends),
	    cmocka_unit_test(test_nobody_takes_what_is_said),
	    cmocka_unit_test(test_a_log_that_is_full),
	    cmocka_unit_test(test_a_terminal_that_is_held_back_is_not_waited_for),
	    cmocka_unit_test(test_a_terminal_that_is_gone),
	};
	/* As the supervisor has it blocked. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
