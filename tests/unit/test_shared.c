/*
 * Shared memory between a sender and a receiver, here in one process; and invalid references.
 */
#include "lib/wire/shared.h"

#include "lib/wire/frame.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 3 };

static struct shared_memory memory;
static struct shared_mappings mappings;
static int connection[2];
static struct buffer message;
static struct nest_error error;

static int
set_up(void **state)
{
	(void)state;
	assert_true(shared_memory_make(&memory, SLOTS, &error));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, connection), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	shared_mappings_free(&mappings);
	shared_memory_free(&memory);
	buffer_free(&message);
	close(connection[0]);
	if (connection[1] >= 0)
		close(connection[1]);
	return 0;
}

static bool
find(size_t *slot)
{
	return loans_find(memory.loans, SLOTS, 1, slot);
}

/* Lends SIZE bytes of a slot, from AT on. */
static struct shared_reference
lend(size_t slot, size_t at, size_t size)
{
	loans_lend(memory.loans, slot);
	return shared_memory_reference(
	    &memory, slot, (struct view){shared_memory_slot(&memory, slot) + at, size});
}

static struct view
packed(struct shared_reference reference)
{
	buffer_clear(&message);
	assert_true(shared_reference_pack(&reference, &message, &error));
	return (struct view){message.data, message.size};
}

static enum shared_result
take(struct shared_reference reference, struct view *frame)
{
	error = (struct nest_error){0};
	return shared_take(&mappings, connection[0], packed(reference), frame, &error);
}

static void
there_and_back(void **state)
{
	(void)state;
	for (size_t round = 0; round < 2 * SLOTS; round++) {
		size_t slot;
		assert_true(find(&slot));
		uint8_t *bytes = shared_memory_slot(&memory, slot) + 7;
		memset(bytes, (int)(1 + round), 1000);
		struct view frame, sent = {bytes, 1000};
		assert_int_equal(take(lend(slot, 7, 1000), &frame), SHARED_FRAME);
		assert_ptr_not_equal(frame.data, bytes);
		assert_true(view_equal(frame, sent));
		shared_return(&mappings);
	}
	assert_int_equal(mappings.count, 1);
}

static void
lent_slots_are_not_found(void **state)
{
	(void)state;
	struct shared_reference lent[SLOTS];
	struct view frame;
	size_t slot;
	for (size_t i = 0; i < SLOTS; i++) {
		assert_true(find(&slot));
		lent[i] = lend(slot, 0, 1);
	}
	assert_false(find(&slot));
	assert_int_equal(take(lent[1], &frame), SHARED_FRAME);
	assert_false(find(&slot));
	shared_return(&mappings);
	assert_true(find(&slot));
	assert_int_equal(slot, lent[1].slot);
	/* What was returned is not returned again. */
	lend(slot, 0, 1);
	shared_return(&mappings);
	assert_false(find(&slot));
}

static void *
return_later(void *slot)
{
	const struct timespec moment = {0, 20 * 1000 * 1000};
	nanosleep(&moment, NULL);
	loans_return(memory.loans, *(size_t *)slot);
	return NULL;
}

static void
a_return_wakes_who_waits(void **state)
{
	(void)state;
	pthread_t receiver;
	size_t returned = 1, slot = SLOTS;
	for (size_t i = 0; i < SLOTS; i++)
		loans_lend(memory.loans, i);
	assert_int_equal(pthread_create(&receiver, NULL, return_later, &returned), 0);
	assert_true(loans_find(memory.loans, SLOTS, 30 * 1000, &slot));
	assert_int_equal(slot, returned);
	assert_int_equal(pthread_join(receiver, NULL), 0);
}

static void
the_whole_of_a_slot(void **state)
{
	(void)state;
	struct view frame;
	assert_int_equal(take(lend(SLOTS - 1, 0, SHARED_SLOT_BYTES), &frame), SHARED_FRAME);
	assert_int_equal(frame.size, SHARED_SLOT_BYTES);
	assert_int_equal(frame.data[SHARED_SLOT_BYTES - 1], 0);
}

/* Takes a reference that must be refused in WORDS. */
static void
check_refused(struct shared_reference reference, enum nest_status status, const char *words)
{
	struct view frame;
	assert_int_equal(take(reference, &frame), SHARED_ERROR);
	assert_int_equal(error.status, status);
	if (strstr(error.text, words) == NULL)
		fail_msg("'%s' lacks '%s'", error.text, words);
	assert_null(mappings.loans);
}

static void
references_that_lead_astray(void **state)
{
	(void)state;
	const uint64_t fd = (uint64_t)memory.fd, first = SHARED_BOOK_BYTES, end = memory.size;
	const struct shared_reference out[] = {
	    {fd, 0, 0, 10},
	    {fd, 0, first - 1, 10},
	    {fd, 0, end, 1},
	    {fd, 0, end + 1, 0},
	    {fd, 0, first, end - first + 1},
	    {fd, 0, UINT64_MAX, 2},
	    {fd, 0, first, UINT64_MAX},
	    {fd, SHARED_SLOTS_LIMIT, first, 10},
	    {fd, UINT64_MAX, first, 10},
	};
	for (size_t i = 0; i < sizeof out / sizeof *out; i++)
		check_refused(out[i], NEST_INVALID, "leads out of the sender's shared memory");
}

static void
files_that_are_no_shared_memory(void **state)
{
	(void)state;
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	int zero = open("/dev/zero", O_RDWR), file = open("/tmp", O_RDWR | O_TMPFILE, 0600);
	int unsealed = memfd_create("test", MFD_ALLOW_SEALING),
	    tiny = memfd_create("test", MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(unsealed, (off_t)memory.size), 0);
	assert_int_equal(fcntl(tiny, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	const int files[] = {pipes[0], zero, file, unsealed, tiny};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (files[i] >= 0)
			check_refused((struct shared_reference){(uint64_t)files[i], 0, SHARED_BOOK_BYTES, 1},
			    NEST_INVALID, "no shared memory of this user");
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		close(files[i]);
	close(pipes[1]);
}

static void
hang_up(void)
{
	close(connection[1]);
	connection[1] = -1;
}

static void
a_sender_that_has_ended(void **state)
{
	(void)state;
	struct view frame;
	assert_int_equal(shared_take(&mappings, -1, packed(lend(0, 0, 1)), &frame, &error), SHARED_GONE);
	hang_up();
	assert_int_equal(take((struct shared_reference){9999, 0, SHARED_BOOK_BYTES, 1}, &frame), SHARED_GONE);
	/* A file that may not be opened, as those of a process that nobody has waited for. */
	const struct shared_reference reference = {(uint64_t)connection[0], 0, SHARED_BOOK_BYTES, 1};
	assert_int_equal(take(reference, &frame), SHARED_GONE);
}

static void
what_a_sender_has_left(void **state)
{
	(void)state;
	struct view frame;
	memset(shared_memory_slot(&memory, 0), 'a', 2);
	const struct shared_reference first = lend(0, 0, 1), second = lend(0, 1, 1);
	assert_int_equal(take(first, &frame), SHARED_FRAME);
	hang_up();
	shared_memory_free(&memory);
	assert_int_equal(take(second, &frame), SHARED_FRAME);
	assert_int_equal(frame.data[0], 'a');
}

static void
a_file_that_a_sender_never_had(void **state)
{
	(void)state;
	check_refused(
	    (struct shared_reference){9999, 0, SHARED_BOOK_BYTES, 1}, NEST_FAILED, "unable to open /proc/");
}

/* The same process has another file under the same number. */
static void
a_file_that_is_another_by_now(void **state)
{
	(void)state;
	struct view frame;
	const int old = memory.fd;
	for (int round = 0; round < 3; round++) {
		memset(shared_memory_slot(&memory, 0), 'a' + round, 1);
		assert_int_equal(take(lend(0, 0, 1), &frame), SHARED_FRAME);
		assert_int_equal(frame.data[0], 'a' + round);
		shared_return(&mappings);
		assert_int_equal(memory.loans[1], 0);
		shared_memory_free(&memory);
		assert_true(shared_memory_make(&memory, SLOTS, &error));
		assert_int_equal(memory.fd, old);
	}
	assert_int_equal(mappings.count, 1);
}

static void
messages_that_are_no_references(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {
	    {"\x95", 1},
	    {"\x95\x01\x02\x03\x04", 5},
	    {"\x95\x01\x02\x03\x04\x05\x06", 7},
	    {"\x95\x02\x02\x03\x04\x05", 6},
	    {"\x95\x01\xff\x03\x04\x05", 6},
	    {"\x95\x01\xc0\x03\x04\x05", 6},
	    {"\x95\x01\xa1x\x03\x04\x05", 7},
	    {"\x94\x01\x02\x03\x04", 5},
	};
	struct shared_reference reference;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct view view = {(const uint8_t *)bad[i].bytes, bad[i].size};
		assert_false(shared_reference_unpack(&reference, view, &error));
		assert_int_equal(error.status, NEST_INVALID);
	}
	assert_false(shared_is_reference((struct view){NULL, 0}));
	assert_false(shared_is_reference((struct view){(const uint8_t *)"\xc6", 1}));
	assert_true(shared_is_reference((struct view){(const uint8_t *)"\x95", 1}));
}

static void
more_slots_than_there_can_be(void **state)
{
	(void)state;
	struct shared_memory large;
	assert_false(shared_memory_make(&large, SHARED_SLOTS_LIMIT + 1, &error));
	assert_int_equal(error.status, NEST_USAGE);
	shared_memory_free(&large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(there_and_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(lent_slots_are_not_found, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_return_wakes_who_waits, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_whole_of_a_slot, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(references_that_lead_astray, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(files_that_are_no_shared_memory, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_sender_that_has_ended, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_a_sender_has_left, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_file_that_a_sender_never_had, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_file_that_is_another_by_now, set_up, tear_down),
	    cmocka_unit_test(messages_that_are_no_references),
	    cmocka_unit_test(more_slots_than_there_can_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
