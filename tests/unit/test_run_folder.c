/* The folder of a run: where it is, and what its files are called. */
#include "run/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

enum { SOCKET_PATH_MOST = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

static void
test_the_path_of_a_file(void **state)
{
	struct folder folder = {"/tmp/run"};
	struct nest_error error;
	char path[PATH_MAX];
	(void)state;
	assert_true(folder_file(&folder, "nest-gen.0", ".json", path, &error));
	assert_string_equal(path, "/tmp/run/nest-gen.0.json");
}

static void
test_a_path_that_is_too_long(void **state)
{
	struct folder folder = {{0}};
	struct nest_error error;
	char path[PATH_MAX];
	(void)state;
	/* With "/", 64 of a name, ".json" and a zero it fits exactly. */
	char name[65] = {0};
	memset(name, 'n', 64);
	memset(folder.path, 'f', PATH_MAX - 1 - 64 - 5 - 1);
	assert_true(folder_file(&folder, name, ".json", path, &error));
	assert_int_equal(strlen(path), PATH_MAX - 1);
	strcat(folder.path, "f");
	assert_false(folder_file(&folder, name, ".json", path, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_non_null(strstr(error.text, "n.json in the folder of the run is too long"));
}

/* Chooses a folder in a TMPDIR of so many bytes, for sockets with names of so many. */
static void
choose(struct folder *folder, char *parent, size_t parent_bytes, size_t name_bytes)
{
	struct nest_error error;
	memset(parent, 't', parent_bytes);
	parent[0] = '/';
	parent[parent_bytes] = '\0';
	assert_int_equal(setenv("TMPDIR", parent, 1), 0);
	assert_true(folder_choose(folder, name_bytes, &error));
	assert_in_range(strlen(folder->path) + 1 + name_bytes, 1, SOCKET_PATH_MOST);
}

static void
test_where_sockets_have_room(void **state)
{
	struct folder folder;
	char parent[PATH_MAX];
	const size_t name_bytes = strlen("parquet-encode.10");
	(void)state;
	/* As deep as build systems and batch systems nest theirs. */
	choose(&folder, parent, 75, name_bytes);
	assert_memory_equal(folder.path, parent, 75);
	assert_int_equal(strlen(folder.path) + 1 + name_bytes, SOCKET_PATH_MOST);
	choose(&folder, parent, 76, name_bytes);
	assert_memory_equal(folder.path, "/tmp/nest-", 10);
	choose(&folder, parent, 29, 64);
	assert_memory_equal(folder.path, "/tmp/nest-", 10);
	choose(&folder, parent, 28, 64);
	assert_memory_equal(folder.path, parent, 28);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_path_of_a_file),
	    cmocka_unit_test(test_a_path_that_is_too_long),
	    cmocka_unit_test(test_where_sockets_have_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
