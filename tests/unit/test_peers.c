/* Which connection a message came by, even if descriptor numbers are reused. */
#include "lib/wire/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* No descriptor of this process has these numbers. */
enum { A = 1000, B = 1001 };

static struct peers peers;
/* What the messages of one connection have in common: here, the address of a letter. */
static const char marks[] = "abcdef";

static int
stop(void **state)
{
	(void)state;
	peers_free(&peers);
	return 0;
}

static void
accept_at(int descriptor)
{
	struct nest_error error;
	assert_true(peers_accept(&peers, descriptor, &error));
}

/* The id of the peer that a message with MARK came from, 0 for none. */
static uint64_t
message_of(char mark, int descriptor)
{
	zmq_msg_t message;
	zmq_msg_init(&message);
	const struct peer *peer = peers_find_mark(&peers, strchr(marks, mark), descriptor, &message);
	zmq_msg_close(&message);
	return peer == NULL ? 0 : peer->id;
}

static uint64_t
forgotten(void)
{
	uint64_t id = UINT64_MAX;
	assert_true(peers_forget_closed(&peers, "here", &id));
	return id;
}

static void
nobody_is_forgotten(void)
{
	uint64_t id;
	assert_false(peers_forget_closed(&peers, "here", &id));
}

static void
messages_of_one_connection_have_one_peer(void **state)
{
	(void)state;
	accept_at(A);
	accept_at(B);
	uint64_t a = message_of('a', A), b = message_of('b', B);
	assert_true(a != 0 && b != 0 && a != b);
	assert_int_equal(message_of('a', A), a);
	assert_int_equal(message_of('b', B), b);
	assert_int_equal(peers_get(&peers, b)->descriptor, B);
	assert_null(peers_get(&peers, a + b));
	nobody_is_forgotten();
}

static void
a_number_that_is_used_again_is_another_peer(void **state)
{
	(void)state;
	accept_at(A);
	uint64_t first = message_of('a', A);
	peers_close(&peers, A);
	accept_at(A);
	uint64_t second = message_of('b', A);
	assert_int_not_equal(first, second);
	/* What is left of the first is still its own. */
	assert_int_equal(message_of('a', A), first);
	assert_int_equal(forgotten(), first);
	nobody_is_forgotten();
	assert_int_equal(message_of('b', A), second);
	peers_close(&peers, A);
	assert_int_equal(forgotten(), second);
	assert_int_equal(peers.count, 0);
}

static void
one_that_said_nothing_is_not_taken_for_the_next(void **state)
{
	(void)state;
	accept_at(A);
	peers_close(&peers, A);
	accept_at(A);
	uint64_t id = message_of('a', A);
	/* The silent one is told, and not the sender that has its number now. */
	assert_int_equal(forgotten(), 0);
	nobody_is_forgotten();
	assert_int_equal(message_of('a', A), id);
}

/* Three connections of one number, one after the other, and nothing read of any before the last. */
static void
all_that_had_one_number_are_told_in_their_order(void **state)
{
	(void)state;
	accept_at(A);
	peers_close(&peers, A);
	accept_at(B);
	accept_at(A);
	peers_close(&peers, A);
	accept_at(A);
	uint64_t ids[] = {message_of('a', A), message_of('b', A), message_of('c', A)};
	uint64_t other = message_of('d', B);
	for (int i = 0; i < 3; i++)
		assert_int_equal(message_of("abc"[i], A), ids[i]);
	assert_int_equal(forgotten(), ids[0]);
	assert_int_equal(forgotten(), ids[1]);
	nobody_is_forgotten();
	assert_int_equal(message_of('c', A), ids[2]);
	assert_int_equal(message_of('d', B), other);
}

static void
a_message_of_no_connection_is_nobodys(void **state)
{
	(void)state;
	assert_int_equal(message_of('a', A), 0);
	accept_at(A);
	assert_int_not_equal(message_of('a', A), 0);
	/* The only connection of that number has spoken with another mark. */
	assert_int_equal(message_of('b', A), 0);
	assert_int_equal(message_of('a', B), message_of('a', A));
	zmq_msg_t message;
	zmq_msg_init(&message);
	assert_null(peers_find_mark(&peers, NULL, A, &message));
	/* One that came by no socket has neither mark nor number. */
	assert_null(peers_find(&peers, &message));
	zmq_msg_close(&message);
}

static void
warnings_are_few(void **state)
{
	(void)state;
	FILE *log = tmpfile();
	assert_non_null(log);
	int kept = dup(STDERR_FILENO);
	fflush(stderr);
	dup2(fileno(log), STDERR_FILENO);
	accept_at(B);
	for (int i = 0; i < 3; i++)
		peers_blame(&peers, &peers.all[0], "here", "was named already");
	for (int i = 0; i < 1000; i++) {
		accept_at(A);
		peers_close(&peers, A);
		assert_int_equal(forgotten(), 0);
	}
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	char line[256];
	int lines = 0;
	for (rewind(log); fgets(line, sizeof line, log) != NULL; lines++)
		assert_non_null(
		    strstr(line, lines == 0 ? "was named already" : "came and went without a frame"));
	assert_int_equal(lines, 10);
	assert_non_null(strstr(line, "; there will be no more of these warnings\n"));
	fclose(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(messages_of_one_connection_have_one_peer, stop),
	    cmocka_unit_test_teardown(a_number_that_is_used_again_is_another_peer, stop),
	    cmocka_unit_test_teardown(one_that_said_nothing_is_not_taken_for_the_next, stop),
	    cmocka_unit_test_teardown(all_that_had_one_number_are_told_in_their_order, stop),
	    cmocka_unit_test_teardown(a_message_of_no_connection_is_nobodys, stop),
	    cmocka_unit_test_teardown(warnings_are_few, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
