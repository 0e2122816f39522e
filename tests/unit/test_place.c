/* The staging directory: its names, and the step from it to the dataset. */
#include "lib/parquet/staging.h"
#include "merge/publish.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char scratch[] = "/tmp/test_staging.XXXXXX";
static char here[PATH_MAX]; /* the same without symbolic links */

/* ---- helpers ---- */

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
assert_file(const char *path, const char *text)
{
	char content[256] = "";
	FILE *file = fopen(path, "r");
	if (file == NULL)
		fail_msg("%s is missing", path);
	size_t size = fread(content, 1, sizeof content - 1, file);
	content[size] = '\0';
	fclose(file);
	assert_string_equal(content, text);
}

static bool
exists(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0;
}

/* Each test runs in a fresh empty directory. */
static int
set_up(void **state)
{
	(void)state;
	strcpy(scratch + strlen(scratch) - 6, "XXXXXX");
	return mkdtemp(scratch) == NULL || chdir(scratch) != 0 || getcwd(here, sizeof here) == NULL;
}

static int
tear_down(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", scratch);
	return chdir("/") != 0 || system(command) != 0;
}

/* ---- names ---- */

static void
expect_path(const char *dir, const char *target, const char *parent, const char *path)
{
	struct staging staging;
	struct nest_error error;
	if (!staging_path(&staging, dir, &error))
		fail_msg("%s: %s", dir, error.text);
	assert_string_equal(staging.target, target);
	assert_string_equal(staging.parent, parent);
	assert_string_equal(staging.path, path);
}

static void
refuse_path(const char *dir, enum nest_status status, const char *message)
{
	struct staging staging;
	struct nest_error error;
	assert_false(staging_path(&staging, dir, &error));
	assert_int_equal(error.status, status);
	assert_string_equal(error.text, message);
}

static void
test_paths(void **state)
{
	(void)state;
	expect_path("out", "out", ".", ".out.staging");
	expect_path("out/", "out", ".", ".out.staging");
	expect_path("out///", "out", ".", ".out.staging");
	expect_path("./out", "./out", ".", "./.out.staging");
	expect_path("a/b/out", "a/b/out", "a/b", "a/b/.out.staging");
	expect_path("a//out/", "a//out", "a", "a//.out.staging");
	expect_path("/out", "/out", "/", "/.out.staging");
	expect_path("//out", "//out", "/", "//.out.staging");
	expect_path("../out", "../out", "..", "../.out.staging");
	expect_path(".hidden", ".hidden", ".", "..hidden.staging");
	expect_path("...", "...", ".", ".....staging");
	expect_path("-o", "-o", ".", ".-o.staging");
}

static void
test_paths_resolved(void **state)
{
	(void)state;
	char target[PATH_MAX + 32], path[PATH_MAX + 32];
	assert_int_equal(mkdir("data", 0777), 0);
	assert_int_equal(symlink("data", "link"), 0);
	snprintf(target, sizeof target, "%s/data", here);
	snprintf(path, sizeof path, "%s/.data.staging", here);
	expect_path("link", target, here, path);
	expect_path("link/", target, here, path);
	expect_path("data/.", target, here, path);
	assert_int_equal(mkdir("data/inner", 0777), 0);
	expect_path("data/inner/..", target, here, path);
	assert_int_equal(chdir("data"), 0);
	expect_path(".", target, here, path);
	expect_path("./", target, here, path);
	assert_int_equal(chdir("inner"), 0);
	expect_path("..", target, here, path);
}

static void
test_paths_refused(void **state)
{
	(void)state;
	static char long_path[PATH_MAX + 10];
	refuse_path("", NEST_USAGE, "the dataset directory's name is empty");
	refuse_path("/", NEST_USAGE, "/ is the root directory; name one inside it");
	refuse_path("///", NEST_USAGE, "/// is the root directory; name one inside it");
	refuse_path("/..", NEST_USAGE, "/.. is the root directory; name one inside it");
	assert_int_equal(symlink("nowhere", "link"), 0);
	refuse_path(
	    "link", NEST_FAILED, "unable to find the directory behind link: No such file or directory");
	memset(long_path, 'x', sizeof long_path - 1);
	refuse_path(long_path, NEST_USAGE,
	    "the dataset directory's path is too long: "
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...");
	struct staging staging;
	struct nest_error error;
	long_path[PATH_MAX - 5] = '\0';
	assert_false(staging_path(&staging, long_path, &error));
	assert_int_equal(error.status, NEST_USAGE);
}

static void
test_part_names(void **state)
{
	(void)state;
	static const char *const others[] = {"", "part", "part-", "part-1", "part-000001",
	    "part-00001.parquet", ".part-00001", "part-00001.tmp", "part--0001", "part- 0001", "xpart-00001",
	    "part-99999999999999999999999"};
	char name[STAGING_NAME_BYTES];
	staging_temporary_name(3, name);
	assert_string_equal(name, ".part-00003.tmp");
	assert_true(staging_is_part(name));
	staging_part_name(3, name);
	assert_string_equal(name, "part-00003");
	assert_true(staging_is_part(name));
	staging_part_name(1234567, name);
	assert_string_equal(name, "part-1234567");
	assert_true(staging_is_part(name));
	staging_temporary_name(UINT64_MAX, name);
	assert_string_equal(name, ".part-18446744073709551615.tmp");
	assert_true(staging_is_part(name));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (staging_is_part(others[i]))
			fail_msg("%s passes for a part", others[i]);
}

/* ---- creating ---- */

static void
open_staging(struct staging *staging, const char *dir, int *fd)
{
	struct nest_error error;
	assert_true(staging_path(staging, dir, &error));
	if (!staging_create(staging, fd, &error))
		fail_msg("%s", error.text);
}

static void
test_create(void **state)
{
	(void)state;
	struct staging staging;
	struct nest_error error;
	int fd;
	open_staging(&staging, "a/b/out", &fd);
	assert_true(exists("a/b/.out.staging"));
	assert_false(exists("a/b/out"));
	assert_true(staging_sync_dir(fd, staging.path, &error));
	close(fd);
	open_staging(&staging, "a/b/out", &fd);
	close(fd);
	open_staging(&staging, "a//c//out/", &fd);
	assert_true(exists("a/c/.out.staging"));
	close(fd);
	assert_false(staging_sync_dir(-1, "x", &error));
	assert_string_equal(error.text, "unable to sync directory x: Bad file descriptor");
}

static void
refuse_create(const char *dir, const char *message)
{
	struct staging staging;
	struct nest_error error;
	int fd;
	assert_true(staging_path(&staging, dir, &error));
	assert_false(staging_create(&staging, &fd, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(error.text, message);
}

static void
test_create_refused(void **state)
{
	(void)state;
	write_file("file", "");
	refuse_create("file/out", "unable to create directory file/.out.staging: Not a directory");
	refuse_create("file/a/out", "unable to create directory file/a/.out.staging: Not a directory");
	write_file(".out.staging", "");
	refuse_create("out", "unable to open directory .out.staging: Not a directory");
	assert_int_equal(unlink(".out.staging"), 0);
	assert_int_equal(mkdir("elsewhere", 0777), 0);
	assert_int_equal(symlink("elsewhere", ".out.staging"), 0);
	refuse_create("out", "unable to open directory .out.staging: Not a directory");
}

/* ---- publishing ---- */

static const char *const part_files[] = {"part-00000", "part-00001"};

/* Two staged parts of 10 rows. */
static void
stage(struct staging *staging, struct publication *publication, struct dataset *dataset, bool force)
{
	struct nest_error error;
	if (!staging_path(staging, "out", &error))
		fail_msg("%s", error.text);
	publish_init(publication, staging, "data", force);
	if (!publish_claim(publication, &error))
		fail_msg("%s", error.text);
	write_file(".out.staging/part-00000", "zero");
	write_file(".out.staging/part-00001", "one");
	*dataset = (struct dataset){0};
	for (uint64_t i = 2; i-- > 0;) {
		struct frame frame = {.kind = FRAME_PART,
		    .part = i,
		    .first_row = 10 * i,
		    .rows = 10,
		    .file = view_of_text(part_files[i])};
		assert_true(dataset_add(dataset, &frame, &error));
	}
	assert_true(dataset_check(dataset, NULL, &error));
}

static void
publish(bool force)
{
	struct staging staging;
	struct publication publication;
	struct dataset dataset;
	struct nest_error error;
	stage(&staging, &publication, &dataset, force);
	write_file(".out.staging/.part-00007.tmp", "left");
	write_file(".out.staging/data-00002.parquet", "left");
	write_file(".out.staging/data-00000.parquet", "left");
	write_file(".out.staging/data-0000.parquet", "left");
	write_file(".out.staging/_SUCCESS", "left");
	if (!publish_dataset(&publication, &dataset, &error))
		fail_msg("%s", error.text);
	assert_true(publication.published);
	publish_close(&publication, &dataset);
	dataset_free(&dataset);

	assert_file("out/data-00000.parquet", "zero");
	assert_file("out/data-00001.parquet", "one");
	assert_file("out/_SUCCESS", "");
	assert_int_equal(system("[ $(ls -A out | wc -l) = 3 ]"), 0);
	assert_false(exists(".out.staging"));
}

static void
test_publish(void **state)
{
	(void)state;
	publish(false);
}

static void
test_publish_into_empty(void **state)
{
	(void)state;
	struct stat status;
	assert_int_equal(mkdir("out", 0777), 0);
	assert_int_equal(chmod("out", 02750), 0);
	publish(false);
	assert_int_equal(stat("out", &status), 0);
	assert_int_equal(status.st_mode & 07777, 02750);
}

static void
test_publish_force(void **state)
{
	(void)state;
	assert_int_equal(mkdir("out", 0777), 0);
	write_file("out/old-00000.parquet", "old");
	write_file("out/data-00009.parquet", "old");
	write_file("out/._SUCCESS.crc", "old");
	publish(true);
	publish(true);
}

static void
refuse_check(const char *dir, const char *base, bool force, const char *message)
{
	struct staging staging;
	struct publication publication;
	struct nest_error error;
	assert_true(staging_path(&staging, dir, &error));
	publish_init(&publication, &staging, base, force);
	assert_false(publish_check(&publication, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_string_equal(error.text, message);
}

static void
test_check_base(void **state)
{
	(void)state;
	static const char *const bad[] = {"", ".a", "_a", "a/b", "/", "a b", "a\n"};
	char message[256], long_base[202];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(message, sizeof message,
		    "--base: '%s' is not the beginning of a file's name (1 to 200 bytes, no slash or blank, "
		    "not beginning with . or _)",
		    bad[i]);
		refuse_check("out", bad[i], false, message);
	}
	struct staging staging;
	struct publication publication;
	struct nest_error error;
	assert_true(staging_path(&staging, "out", &error));
	memset(long_base, 'b', 201);
	long_base[201] = '\0';
	publish_init(&publication, &staging, long_base, false);
	assert_false(publish_check(&publication, &error));
	long_base[200] = '\0';
	assert_true(publish_check(&publication, &error));
}

static void
test_check_target(void **state)
{
	(void)state;
	write_file("file", "");
	refuse_check("file", "part", true, "file is a file; the dataset is to be a directory");
	refuse_check("/proc", "part", true,
	    "/proc is a mount point, which no rename can replace; give a directory inside it, such as "
	    "/proc/dataset");
	assert_int_equal(mkdir("out", 0777), 0);
	write_file("out/.hidden", "");
	refuse_check("out", "part", false,
	    "out is not empty; give --force to replace the dataset in it, or another directory");
	refuse_check("out", "part", true,
	    "out holds only hidden files, which is no dataset; empty it or give another directory");
	write_file("out/a.parquet", "");
	refuse_check("out", "part", false,
	    "out is not empty; give --force to replace the dataset in it, or another directory");
	write_file("out/thesis.tex", "");
	refuse_check("out", "part", true,
	    "out holds thesis.tex, which is no file of a dataset; --force replaces only directories of "
	    ".parquet files and files beginning with . or _");
	assert_int_equal(unlink("out/thesis.tex"), 0);
	assert_int_equal(mkdir("out/_temporary", 0777), 0);
	refuse_check("out", "part", true,
	    "out holds _temporary, which is no file of a dataset; --force replaces only directories of "
	    ".parquet files and files beginning with . or _");
	assert_int_equal(rmdir("out/_temporary"), 0);
	assert_int_equal(symlink("a.parquet", "out/b.parquet"), 0);
	refuse_check("out", "part", true,
	    "out holds b.parquet, which is no file of a dataset; --force replaces only directories of "
	    ".parquet files and files beginning with . or _");
}

/* The dataset directory fills up while the parts are on their way. */
static void
test_publish_late_refusal(void **state)
{
	(void)state;
	struct staging staging;
	struct publication publication;
	struct dataset dataset;
	struct nest_error error;
	stage(&staging, &publication, &dataset, false);
	assert_int_equal(mkdir("out", 0777), 0);
	write_file("out/kept", "kept");
	assert_false(publish_dataset(&publication, &dataset, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_false(publication.published);
	publish_close(&publication, &dataset);
	dataset_free(&dataset);
	assert_file("out/kept", "kept");
	assert_false(exists(".out.staging"));
}

static void
test_abandon(void **state)
{
	(void)state;
	struct staging staging;
	struct publication publication;
	struct dataset dataset;
	stage(&staging, &publication, &dataset, false);
	write_file(".out.staging/.part-00002.tmp", "half");
	publish_close(&publication, &dataset);
	dataset_free(&dataset);
	assert_false(exists(".out.staging"));
	assert_false(exists("out"));
}

/* What is not ours stays, and so does the directory that it is in. */
static void
test_abandon_foreign(void **state)
{
	(void)state;
	struct staging staging;
	struct publication publication;
	struct dataset dataset;
	stage(&staging, &publication, &dataset, false);
	write_file(".out.staging/notes", "foreign");
	publish_close(&publication, &dataset);
	dataset_free(&dataset);
	assert_file(".out.staging/notes", "foreign");
	assert_false(exists(".out.staging/part-00000"));
}

static void
test_lock(void **state)
{
	(void)state;
	struct staging staging;
	struct publication first, second;
	struct dataset none = {0};
	struct nest_error error;
	assert_true(staging_path(&staging, "out", &error));
	publish_init(&first, &staging, "part", false);
	publish_init(&second, &staging, "part", false);
	assert_true(publish_claim(&first, &error));
	assert_false(publish_claim(&second, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(error.text, "another parquet-merge is at work on out; wait until it is done");
	publish_close(&second, &none);
	assert_true(exists(".out.staging"));
	publish_close(&first, &none);
	assert_true(publish_claim(&second, &error));
	publish_close(&second, &none);
	assert_false(exists(".out.staging"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_paths),
	    TEST(test_paths_resolved),
	    TEST(test_paths_refused),
	    TEST(test_part_names),
	    TEST(test_create),
	    TEST(test_create_refused),
	    TEST(test_publish),
	    TEST(test_publish_into_empty),
	    TEST(test_publish_force),
	    TEST(test_check_base),
	    TEST(test_check_target),
	    TEST(test_publish_late_refusal),
	    TEST(test_abandon),
	    TEST(test_abandon_foreign),
	    TEST(test_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
