/* The folder of a run: where it is, and the names of its files. */
#include "run/folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* A folder in PARENT that a process has made which then ends, or waits until it is killed. */
static pid_t
make_elsewhere(const char *parent, struct folder *folder, bool waits)
{
	struct nest_error error;
	int ends[2];
	char byte;
	assert_int_equal(setenv("TMPDIR", parent, 1), 0);
	assert_true(folder_choose(folder, 16, &error));
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		/* It does not outlive a test that fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bool made = folder_create(folder, &error) && write(ends[1], "", 1) == 1;
		while (made && waits)
			pause();
		_exit(made ? 0 : 1);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	if (!waits)
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
remove_it(const struct folder *folder)
{
	struct nest_error error;
	assert_true(folder_remove(folder, &error));
	assert_false(exists(folder->path));
}

/* Has the lock of a folder name another host. */
static void
move_lock(const struct folder *folder)
{
	char path[PATH_MAX], other[PATH_MAX];
	struct nest_error error;
	struct dirent *entry;
	DIR *all = opendir(folder->path);
	assert_non_null(all);
	while ((entry = readdir(all)) != NULL && strncmp(entry->d_name, ".nest-run-", 10) != 0)
		;
	assert_non_null(entry);
	assert_true(folder_file(folder, entry->d_name, "", path, &error));
	assert_true(folder_file(folder, ".nest-run-elsewhere", "", other, &error));
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(closedir(all), 0);
}

static void
test_folders_of_runs_on_other_hosts(void **state)
{
	char parent[] = "/tmp/nest-folder-XXXXXX";
	struct folder elsewhere, dead;
	(void)state;
	assert_non_null(mkdtemp(parent));
	make_elsewhere(parent, &elsewhere, false);
	move_lock(&elsewhere);
	make_elsewhere(parent, &dead, false);
	assert_true(exists(elsewhere.path));
	remove_it(&elsewhere);
	remove_it(&dead);
	assert_int_equal(rmdir(parent), 0);
}

static void
test_folders_of_runs_that_are_no_more(void **state)
{
	char parent[] = "/tmp/nest-folder-XXXXXX", path[PATH_MAX];
	struct folder dead, alive, unmarked, mine;
	struct nest_error error;
	(void)state;
	assert_non_null(mkdtemp(parent));
	make_elsewhere(parent, &dead, false);
	assert_true(folder_file(&dead, "more", "", path, &error));
	assert_int_equal(mkdir(path, 0700), 0);
	pid_t pid = make_elsewhere(parent, &alive, true);
	assert_false(exists(dead.path));

	/* Somebody's own, that only looks like one. */
	snprintf(unmarked.path, sizeof unmarked.path, "%s/nest-projects", parent);
	assert_int_equal(mkdir(unmarked.path, 0700), 0);
	assert_true(folder_choose(&mine, 16, &error) && folder_create(&mine, &error));
	assert_true(exists(alive.path) && exists(unmarked.path) && exists(mine.path));

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	make_elsewhere(parent, &dead, false);
	assert_false(exists(alive.path));
	assert_true(exists(unmarked.path) && exists(mine.path));
	remove_it(&dead);
	remove_it(&unmarked);
	remove_it(&mine);
	assert_int_equal(rmdir(parent), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_path_of_a_file),
	    cmocka_unit_test(test_a_path_that_is_too_long),
	    cmocka_unit_test(test_where_sockets_have_room),
	    cmocka_unit_test(test_folders_of_runs_that_are_no_more),
	    cmocka_unit_test(test_folders_of_runs_on_other_hosts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
