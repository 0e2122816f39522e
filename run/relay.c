#include "run/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static const char erase[] = "\033[K";

enum { ERASE_BYTES = sizeof erase - 1 };

bool
relay_open(struct relay *relay, int log, bool shows, int *writer, struct nest_error *error)
{
	int ends[2];
	*relay = (struct relay){.fd = -1, .log = log, .shows = shows};
	if (pipe2(ends, O_CLOEXEC) != 0)
		return nest_error_system(error, "unable to make a pipe");
	relay->fd = ends[0];
	*writer = ends[1];
	return fcntl(relay->fd, F_SETFL, O_NONBLOCK) == 0 ||
	       nest_error_system(error, "unable to make a pipe");
}

/* The terminal and the log are for people: what cannot be written there is dropped. */
static void
write_all(int fd, const void *data, size_t size)
{
	const uint8_t *at = data;
	while (size > 0) {
		ssize_t done = write(fd, at, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		at += done;
		size -= (size_t)done;
	}
}

static void
take_line(struct relay *relay, const uint8_t *line, size_t size)
{
	static const char word[] = ": published ";
	relay->published = relay->published || memmem(line, size, word, sizeof word - 1) != NULL;
	write_all(relay->log, line, size);
}

/* Draws on the terminal; false if that would have to wait. */
static bool
draw(const void *data, size_t size)
{
	struct pollfd terminal = {.fd = STDERR_FILENO, .events = POLLOUT};
	if (poll(&terminal, 1, 0) != 1 || (terminal.revents & POLLOUT) == 0)
		return false;
	write_all(STDERR_FILENO, data, size);
	return true;
}

static void
take_bar(struct relay *relay, const uint8_t *bar, size_t size)
{
	if (relay->shows && draw(bar, size))
		relay->is_drawn = true;
}

/* The size of the bar that begins DATA; 0 if its end is not there. */
static size_t
bar_bytes(const uint8_t *data, size_t size)
{
	const uint8_t *end = memmem(data, size, erase, ERASE_BYTES);
	return end != NULL ? (size_t)(end - data) + ERASE_BYTES : 0;
}

/* The size of the line that begins DATA: up to its end, or to a bar. */
static size_t
line_bytes(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n')
			return i + 1;
		if (data[i] == '\r')
			return i;
	}
	return 0;
}

/* Takes complete lines and bars; with ALL, the rest, too, as a line. */
static void
take_pending(struct relay *relay, bool all)
{
	const uint8_t *data = relay->pending.data;
	size_t left = relay->pending.size, size;
	while (left > 0) {
		bool is_bar = data[0] == '\r';
		size = is_bar ? bar_bytes(data, left) : line_bytes(data, left);
		if (size == 0 && !all)
			break;
		if (size > 0 && is_bar)
			take_bar(relay, data, size);
		else
			take_line(relay, data, size > 0 ? size : left);
		size = size > 0 ? size : left;
		data += size;
		left -= size;
	}
	memmove(relay->pending.data, data, left);
	relay->pending.size = left;
}

bool
relay_read(struct relay *relay, struct nest_error *error)
{
	enum { PIECE_BYTES = 1 << 14, PENDING_MOST = 1 << 16 };
	while (relay->fd >= 0) {
		if (!buffer_reserve(&relay->pending, PIECE_BYTES, error))
			return false;
		ssize_t got = read(relay->fd, relay->pending.data + relay->pending.size, PIECE_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return true;
		if (got <= 0) {
			close(relay->fd);
			relay->fd = -1;
			return true;
		}
		relay->pending.size += (size_t)got;
		take_pending(relay, relay->pending.size > PENDING_MOST);
	}
	return true;
}

void
relay_close(struct relay *relay)
{
	struct nest_error ignored;
	if (relay->fd >= 0)
		relay_read(relay, &ignored);
	if (relay->pending.size > 0)
		take_pending(relay, true);
	if (relay->is_drawn)
		draw("\r\033[K", 1 + ERASE_BYTES);
	if (relay->fd >= 0)
		close(relay->fd);
	buffer_free(&relay->pending);
	*relay = (struct relay){.fd = -1, .log = -1, .published = relay->published};
}
