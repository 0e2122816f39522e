/* The place where parts are staged: its owner, what is written and listed, and the step to the dataset. */
#include "lib/dataset/attempt.h"
#include "lib/dataset/commit.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/part_reader.h"
#include "lib/dataset/staged_name.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char scratch[] = "/tmp/test_place.XXXXXX";
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
	struct place *place;
	struct nest_error error;
	if (!place_open(&place, dir, "test", &error))
		fail_msg("%s: %s", dir, error.text);
	assert_string_equal(place_target(place), target);
	assert_string_equal(place->parent, parent);
	assert_string_equal(place_path(place), path);
	place_close(place);
}

static void
refuse_path(const char *dir, enum nest_status status, const char *message)
{
	struct place *place;
	struct nest_error error;
	assert_false(place_open(&place, dir, "test", &error));
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
	struct place *place;
	struct nest_error error;
	long_path[PATH_MAX - 5] = '\0';
	assert_false(place_open(&place, long_path, "test", &error));
	assert_int_equal(error.status, NEST_USAGE);
}

/* ---- creating ---- */

static struct place *
create_place(const char *dir)
{
	struct place *place;
	struct nest_error error;
	if (!place_open(&place, dir, "test", &error) || !place_create(place, &error))
		fail_msg("%s", error.text);
	return place;
}

static void
test_create(void **state)
{
	(void)state;
	struct stat status;
	place_close(create_place("a/b/out"));
	assert_true(exists("a/b/.out.staging"));
	assert_false(exists("a/b/out"));
	assert_int_equal(stat("a/b/.out.staging", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	place_close(create_place("a/b/out"));
	place_close(create_place("a//c//out/"));
	assert_true(exists("a/c/.out.staging"));
}

static void
refuse_create(const char *dir, const char *message)
{
	struct place *place;
	struct nest_error error;
	assert_true(place_open(&place, dir, "test", &error));
	assert_false(place_create(place, &error));
	place_close(place);
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(error.text, message);
}

static const char others_may_write[] =
    "directory .out.staging is another user's, or others may write to it; parts are put only where nobody "
    "else can change them: remove it, or give another dataset directory";

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

static void
test_create_where_others_write(void **state)
{
	(void)state;
	struct stat status;
	assert_int_equal(mkdir(".out.staging", 0777), 0);
	assert_int_equal(chmod(".out.staging", 0770), 0);
	refuse_create("out", others_may_write);
	assert_int_equal(chmod(".out.staging", 0755), 0);
	place_close(create_place("out"));
	assert_int_equal(stat(".out.staging", &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	/* Only root can give a directory away. */
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(".out.staging", 12345, (gid_t)-1), 0);
	refuse_create("out", others_may_write);
}

static void
test_find(void **state)
{
	(void)state;
	struct place *place;
	struct nest_error error;
	bool found;
	assert_true(place_open(&place, "a/out", "test", &error));
	assert_true(place_find(place, &found, &error));
	assert_false(found);
	assert_false(exists("a"));
	assert_true(place_create(place, &error));
	assert_true(place_find(place, &found, &error));
	assert_true(found);
	place_close(place);
}

/* ---- runs ---- */

static const struct digest_value run = {{0xab, 0xcd, [15] = 1}}, other_run = {{0x12, [15] = 3}};

static struct place *
join_place(struct digest_value which)
{
	struct place *place = create_place("out");
	struct nest_error error;
	if (!place_join(place, which, &error))
		fail_msg("%s", error.text);
	return place;
}

static void
put_part(const struct place *place, uint64_t number, const char *text, struct attempt_result *result)
{
	struct attempt attempt = {0};
	struct nest_error error;
	char copy[64];
	size_t half = strlen(text) / 2;
	strcpy(copy, text);
	const struct iovec pieces[] = {{copy, half}, {NULL, 0}, {copy + half, strlen(copy) - half}};
	if (!attempt_open(&attempt, place, number, &error) || !attempt_write(&attempt, pieces, 3, &error) ||
	    !attempt_complete(&attempt, result, &error))
		fail_msg("%s", error.text);
	attempt_free(&attempt);
}

static void
leave(struct place *place, bool keep_parts)
{
	struct nest_error error;
	if (!place_leave(place, keep_parts, &error))
		fail_msg("%s", error.text);
	place_close(place);
}

static void
refuse_join(struct digest_value which, const char *message)
{
	struct place *place = create_place("out");
	struct nest_error error;
	assert_false(place_join(place, which, &error));
	assert_int_equal(error.status, NEST_FAILED);
	if (strstr(error.text, message) == NULL)
		fail_msg("%s", error.text);
	place_close(place);
}

static void
test_one_run_at_a_time(void **state)
{
	(void)state;
	struct place *first = join_place(run), *second = join_place(run);
	refuse_join(other_run, ".out.staging holds parts of run abcd0000, begun by test (process ");
	refuse_join(other_run, ", and this is run 12000000, of other rows, parts or options; wait until ");
	refuse_join(other_run, "; wait until that is done, go on with it by giving the same, or remove ");
	refuse_join(other_run, " remove what it left with parquet-merge --sweep out");
	refuse_join((struct digest_value){0}, ", and this is a run without a name, of other rows");
	leave(first, true);
	refuse_join(other_run, "holds parts of run abcd0000");
	leave(second, true);
	assert_false(exists(".out.staging"));
}

/* Nobody is there and nothing is complete: that is no reason to refuse anybody. */
static void
test_a_dead_run_is_replaced(void **state)
{
	(void)state;
	struct attempt_result result;
	place_close(join_place(run));
	write_file(".out.staging/.part-00000.0123456789abcdef.tmp", "half");
	struct place *place = join_place(other_run);
	assert_false(exists(".out.staging/.part-00000.0123456789abcdef.tmp"));
	put_part(place, 0, "zero", &result);
	place_close(place);
	refuse_join(run, "holds parts of run 12000000");
}

static void
test_leaving_keeps_what_is_complete(void **state)
{
	(void)state;
	struct attempt_result result;
	char path[128];
	struct place *place = join_place(run);
	put_part(place, 3, "three", &result);
	assert_string_equal(result.file, "part-00003-abcd0000-a83e0fbad823396a7b6b17b9253331eb");
	assert_int_equal(result.size_bytes, 5);
	snprintf(path, sizeof path, ".out.staging/%s", result.file);
	write_file(".out.staging/.part-00004.0123456789abcdef.tmp", "half");
	leave(place, true);
	assert_file(path, "three");
	assert_false(exists(".out.staging/.part-00004.0123456789abcdef.tmp"));
	/* Somebody else is there. */
	place = join_place(run);
	struct place *other = join_place(run);
	leave(place, false);
	assert_file(path, "three");
	leave(other, false);
	assert_false(exists(".out.staging"));
}

/* What nobody joined here is not taken away. */
static void
test_leaving_another_run_alone(void **state)
{
	(void)state;
	struct attempt_result result;
	char path[128];
	struct place *place = join_place(run);
	put_part(place, 0, "zero", &result);
	snprintf(path, sizeof path, ".out.staging/%s", result.file);
	place_close(place);
	struct nest_error error;
	place = create_place("out");
	assert_false(place_join(place, other_run, &error));
	leave(place, false);
	assert_file(path, "zero");
}

/* Who looked whether a dead run could be replaced, and found that somebody is there, keeps no lock. */
static void
test_a_refused_run_is_in_nobody_s_way(void **state)
{
	(void)state;
	struct nest_error error;
	struct place *first = join_place(run), *refused = create_place("out"), *merger = create_place("out");
	assert_false(place_join(refused, other_run, &error));
	assert_true(place_claim(merger, &error));
	place_close(refused);
	place_close(merger);
	leave(first, false);
}

static void
test_extents(void **state)
{
	(void)state;
	struct place_extent extent = {10, 1000, 4, false}, back;
	struct nest_error error;
	bool found;
	struct place *place = join_place(run);
	assert_true(place_get_extent(place, &back, &found, &error));
	assert_false(found);
	assert_true(place_put_extent(place, &extent, &error));
	assert_true(place_put_extent(place, &extent, &error));
	assert_true(place_get_extent(place, &back, &found, &error));
	assert_true(found);
	assert_true(back.first_row == 10 && back.rows == 1000 && back.parts == 4 && !back.is_part_numbered);
	extent.rows = 999;
	assert_false(place_put_extent(place, &extent, &error));
	assert_int_equal(error.status, NEST_INVALID);
	write_file(".out.staging/dataset", "parts 4\nfirst row 1");
	assert_false(place_get_extent(place, &back, &found, &error));
	write_file(".out.staging/dataset", "parts 4\n");
	assert_true(place_get_extent(place, &back, &found, &error));
	assert_true(found && back.is_part_numbered && back.parts == 4);
	leave(place, false);
}

static void
test_a_damaged_run_file(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "run", "run abcd\nbegun by x\n",
	    "run abcd0000000000000000000000000001", "run abcd0000000000000000000000000001\nbegun by x",
	    "run abcd000000000000000000000000000X\nbegun by x\n"};
	place_close(create_place("out"));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		write_file(".out.staging/run", texts[i]);
		refuse_join(run,
		    ".out.staging/run is damaged, so that nobody knows which run the parts there are of; "
		    "remove them with parquet-merge --sweep out");
	}
	struct place *place = create_place("out");
	struct nest_error error;
	assert_true(place_claim(place, &error));
	assert_true(place_sweep(place, &error));
	place_close(place);
	assert_false(exists(".out.staging"));
}

/* ---- attempts ---- */

static void
test_attempts_at_one_part(void **state)
{
	(void)state;
	struct attempt_result one, two;
	struct stat before, after;
	char path[128];
	struct place *place = join_place(run);
	put_part(place, 0, "zero", &one);
	snprintf(path, sizeof path, ".out.staging/%s", one.file);
	assert_int_equal(stat(path, &before), 0);
	put_part(place, 0, "zero", &two);
	assert_memory_equal(&one.stamp, &two.stamp, sizeof one.stamp);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* A finished one that was truncated when the power went is made again. */
	assert_int_equal(truncate(path, 2), 0);
	put_part(place, 0, "zero", &two);
	assert_file(path, "zero");
	leave(place, false);
}

static void
test_other_bytes_as_the_same_part(void **state)
{
	(void)state;
	struct attempt attempt = {0};
	struct attempt_result result;
	struct nest_error error;
	struct place *place = join_place(run);
	put_part(place, 7, "seven", &result);
	leave(place, true);
	place = join_place(run);
	assert_true(attempt_open(&attempt, place, 7, &error));
	assert_true(attempt_write(&attempt, &(const struct iovec){(char[]){'7'}, 1}, 1, &error));
	assert_false(attempt_complete(&attempt, &result, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(
	    strstr(error.text, "part 7 of this run is complete in .out.staging, as file part-00007-"));
	attempt_free(&attempt);
	assert_int_equal(system("[ $(ls -A .out.staging | wc -l) = 2 ]"), 0);
	leave(place, false);
}

static void
test_large_pieces(void **state)
{
	(void)state;
	enum { LARGE = 700000, PIECES = 150 };
	struct attempt attempt = {0};
	struct attempt_result result;
	struct nest_error error;
	struct iovec pieces[PIECES];
	uint8_t *bytes = malloc(LARGE + PIECES);
	assert_non_null(bytes);
	for (size_t i = 0; i < LARGE + PIECES; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 1000);
	for (size_t i = 0; i < PIECES; i++)
		pieces[i] = (struct iovec){bytes + LARGE - 1 + i, 1};
	pieces[0] = (struct iovec){bytes, LARGE};
	struct place *place = join_place(run);
	assert_true(attempt_open(&attempt, place, 0, &error));
	assert_true(attempt_write(&attempt, pieces, PIECES, &error));
	assert_true(attempt_complete(&attempt, &result, &error));
	assert_int_equal(result.size_bytes, LARGE + PIECES - 1);
	struct part_reader reader;
	assert_true(part_reader_open(&reader, place, result.file, 0, &error));
	assert_true(part_reader_verify(&reader, &error));
	uint8_t *back = malloc(LARGE + PIECES);
	assert_non_null(back);
	assert_true(part_reader_read_at(&reader, back, result.size_bytes, 0, &error));
	assert_memory_equal(back, bytes, result.size_bytes);
	assert_false(part_reader_read_at(&reader, back, 2, result.size_bytes - 1, &error));
	assert_int_equal(error.status, NEST_INVALID);
	part_reader_close(&reader);
	assert_false(part_reader_open(&reader, place, result.file, 1, &error));
	assert_string_equal(error.text, "its name is that of another part, or of another run");
	attempt_free(&attempt);
	free(back);
	free(bytes);
	leave(place, false);
}

static void
test_listing(void **state)
{
	(void)state;
	struct attempt_result result, second;
	struct listing listing = {0};
	struct nest_error error;
	char name[PLACE_NAME_BYTES];
	struct place *place = join_place(run);
	put_part(place, 12, "twelve", &result);
	put_part(place, 3, "three", &second);
	write_file(".out.staging/part-00004", "old");
	write_file(".out.staging/part-00005-12000000-ed0622ff55b07bd4f1e0b7aa23b1ba9c", "another run's");
	assert_true(listing_read(&listing, place, &error));
	assert_int_equal(listing.count, 2);
	assert_int_equal(listing.parts[0].number, 3);
	listing_file(place, listing_find(&listing, 12), name);
	assert_string_equal(name, result.file);
	assert_null(listing_find(&listing, 4));
	assert_null(listing_find(&listing, 13));
	nest_error_set(&error, NEST_FAILED, "sad");
	place_tell_left(place, &error);
	assert_string_equal(error.text,
	    "sad; 2 parts are complete in .out.staging: go on with the others, which a pipeline's --resume "
	    "makes and parquet-merge --missing out names, or remove what is there with parquet-merge --sweep "
	    "out");
	listing_free(&listing);
	leave(place, false);
	assert_false(exists(".out.staging"));
}

static void
test_names(void **state)
{
	(void)state;
	static const char *const others[] = {"", "part", "part-", "part-1", "part-000001",
	    "part-00001.parquet", ".part-00001", "part-00001.tmp", "part--0001", "part- 0001", "xpart-00001",
	    "part-99999999999999999999999", "runs", "new", "part-00001-", "part-00001-abcd0000",
	    "part-00001-abcd0000-", "part-00001-abcd000-ed0622ff55b07bd4f1e0b7aa23b1ba9c",
	    "part-00001-abcd0000-ed0622ff55b07bd4f1e0b7aa23b1ba9",
	    "part-00001-abcd0000-ed0622ff55b07bd4f1e0b7aa23b1ba9c0",
	    "part-00001-abcd0000-ed0622ff55b07bd4f1e0b7aa23b1ba9C",
	    "part-00001-ABCD0000-ed0622ff55b07bd4f1e0b7aa23b1ba9c",
	    "part-000001-abcd0000-ed0622ff55b07bd4f1e0b7aa23b1ba9c",
	    "part-+0001-abcd0000-ed0622ff55b07bd4f1e0b7aa23b1ba9c"};
	static const char *const ours[] = {"run", "dataset", "merger", "part-00001", "part-1234567",
	    ".part-00001.tmp", ".run.0123456789abcdef.tmp",
	    "part-00001-abcd0000-ed0622ff55b07bd4f1e0b7aa23b1ba9c"};
	char name[PLACE_NAME_BYTES];
	struct part_name parsed;
	struct nest_error error;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (staged_is_ours(others[i]))
			fail_msg("%s passes for ours", others[i]);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (!staged_is_ours(ours[i]))
			fail_msg("%s does not pass for ours", ours[i]);
	staged_part(UINT64_MAX, run, other_run, name);
	assert_string_equal(name, "part-18446744073709551615-abcd0000-12000000000000000000000000000003");
	assert_true(staged_parse(name, &parsed));
	assert_true(parsed.number == UINT64_MAX && digest_equal(parsed.digest, other_run));
	assert_true(staged_is_of_run(&parsed, run) && !staged_is_of_run(&parsed, other_run));
	assert_true(staged_temporary("part-18446744073709551615", name, &error));
	assert_true(staged_is_temporary(name) && staged_is_ours(name));
}

/* ---- publishing ---- */

static struct attempt_result staged[2];
static struct commit_part parts[2];

/* A claimed place with two parts in it. */
static struct commit
stage(bool force)
{
	struct commit commit = {.base = "data", .force = force, .place = join_place(run)};
	struct nest_error error;
	if (!place_claim(commit.place, &error))
		fail_msg("%s", error.text);
	for (uint64_t i = 0; i < 2; i++) {
		put_part(commit.place, i, i == 0 ? "zero" : "one", &staged[i]);
		parts[i] = (struct commit_part){.number = i,
		    .file = staged[i].file,
		    .size_bytes = staged[i].size_bytes,
		    .stamp = staged[i].stamp};
	}
	return commit;
}

static void
publish(bool force)
{
	struct nest_error error;
	struct commit commit = stage(force);
	write_file(".out.staging/.part-00007.tmp", "left");
	write_file(".out.staging/part-00002", "left");
	assert_int_equal(mkdir(".out.staging/new", 0700), 0);
	write_file(".out.staging/new/data-00000.parquet", "left");
	write_file(".out.staging/new/data-00007.parquet", "left");
	if (!commit_parts(&commit, parts, 2, &error))
		fail_msg("%s", error.text);
	assert_true(commit.published);
	place_close(commit.place);

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
	struct commit commit = {.base = base, .force = force};
	struct nest_error error;
	assert_true(place_open(&commit.place, dir, "test", &error));
	assert_false(commit_check(&commit, &error));
	place_close(commit.place);
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
	struct commit commit = {.base = long_base};
	struct nest_error error;
	assert_true(place_open(&commit.place, "out", "test", &error));
	memset(long_base, 'b', 201);
	long_base[201] = '\0';
	assert_false(commit_check(&commit, &error));
	long_base[200] = '\0';
	assert_true(commit_check(&commit, &error));
	place_close(commit.place);
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
	    ".parquet files and files beginning with . or _, and of NAME=VALUE directories of such");
	assert_int_equal(unlink("out/thesis.tex"), 0);
	assert_int_equal(mkdir("out/_temporary", 0777), 0);
	refuse_check("out", "part", true,
	    "out holds _temporary, which is no file of a dataset; --force replaces only directories of "
	    ".parquet files and files beginning with . or _, and of NAME=VALUE directories of such");
	assert_int_equal(rmdir("out/_temporary"), 0);
	assert_int_equal(symlink("a.parquet", "out/b.parquet"), 0);
	refuse_check("out", "part", true,
	    "out holds b.parquet, which is no file of a dataset; --force replaces only directories of "
	    ".parquet files and files beginning with . or _, and of NAME=VALUE directories of such");
}

/* The dataset directory fills up while the parts are on their way. */
static void
test_publish_late_refusal(void **state)
{
	(void)state;
	struct nest_error error;
	struct commit commit = stage(false);
	assert_int_equal(mkdir("out", 0777), 0);
	write_file("out/kept", "kept");
	assert_false(commit_parts(&commit, parts, 2, &error));
	assert_int_equal(error.status, NEST_USAGE);
	assert_false(commit.published);
	leave(commit.place, false);
	assert_file("out/kept", "kept");
	assert_false(exists(".out.staging"));
}

static void
test_give_up(void **state)
{
	(void)state;
	struct commit commit = stage(false);
	write_file(".out.staging/.part-00002.tmp", "half");
	leave(commit.place, false);
	assert_false(exists(".out.staging"));
	assert_false(exists("out"));
}

/* What is not ours stays, and so does the directory that it is in. */
static void
test_give_up_foreign(void **state)
{
	(void)state;
	struct nest_error error;
	struct commit commit = stage(false);
	write_file(".out.staging/notes", "foreign");
	assert_false(place_leave(commit.place, false, &error));
	assert_string_equal(error.text,
	    "unable to remove directory .out.staging: it holds notes, which is not of this program");
	place_close(commit.place);
	assert_file(".out.staging/notes", "foreign");
	assert_int_equal(system("[ $(ls -A .out.staging | wc -l) = 1 ]"), 0);
}

static void
truncated(const char *path)
{
	assert_int_equal(truncate(path, 1), 0);
}

static void
flipped(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	fputc('X', file);
	assert_int_equal(fclose(file), 0);
	/* As if nothing had happened. */
	const struct timespec times[] = {status.st_atim, status.st_mtim};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
replaced(const char *path)
{
	write_file("elsewhere", "on2");
	assert_int_equal(rename("elsewhere", path), 0);
}

static void
linked(const char *path)
{
	write_file("elsewhere", "one");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("../elsewhere", path), 0);
}

static void
removed(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static void
refuse_tampered(void (*tamper)(const char *path), enum nest_status status, const char *message)
{
	char path[128];
	struct nest_error error;
	struct commit commit = stage(false);
	snprintf(path, sizeof path, ".out.staging/%s", staged[1].file);
	tamper(path);
	assert_false(commit_parts(&commit, parts, 2, &error));
	assert_int_equal(error.status, status);
	if (strstr(error.text, message) == NULL)
		fail_msg("%s", error.text);
	assert_non_null(strstr(error.text, "is not what was accepted: "));
	assert_false(commit.published);
	assert_false(exists("out"));
	assert_false(exists(".out.staging/new"));
	leave(commit.place, false);
	assert_false(exists(".out.staging"));
}

static void
test_what_was_tampered_with_is_not_published(void **state)
{
	(void)state;
	refuse_tampered(truncated, NEST_INVALID, "it was changed");
	refuse_tampered(flipped, NEST_INVALID, "its bytes are not those that were written");
	refuse_tampered(replaced, NEST_INVALID, "its bytes are not those that were written");
	refuse_tampered(linked, NEST_INVALID, "it is a symbolic link");
	refuse_tampered(removed, NEST_FAILED, "there is no such file");
}

/* A file that was touched and is what it was is read, and fine. */
static void
test_what_was_touched_is_read_again(void **state)
{
	(void)state;
	char path[128];
	struct nest_error error;
	struct commit commit = stage(false);
	snprintf(path, sizeof path, ".out.staging/%s", staged[1].file);
	assert_int_equal(link(path, "copy"), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename("copy", path), 0);
	if (!commit_parts(&commit, parts, 2, &error))
		fail_msg("%s", error.text);
	place_close(commit.place);
	assert_file("out/data-00001.parquet", "one");
}

/* A second attempt that is complete, too, and made other bytes. */
static void
test_two_versions_of_a_part_are_not_published(void **state)
{
	(void)state;
	struct nest_error error;
	struct commit commit = stage(false);
	write_file(".out.staging/part-00001-abcd0000-ed0622ff55b07bd4f1e0b7aa23b1ba9c", "uno");
	assert_false(commit_parts(&commit, parts, 2, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(
	    strstr(error.text, "part 1 was made twice by this run, and not with the same bytes: "));
	leave(commit.place, false);
}

static void
test_restore(void **state)
{
	(void)state;
	struct nest_error error;
	struct commit commit = {.base = "data", .force = true, .place = create_place("out")};
	assert_int_equal(mkdir(".out.replaced", 0777), 0);
	write_file(".out.replaced/data-00000.parquet", "old");
	assert_true(commit_restore(&commit, &error));
	assert_file("out/data-00000.parquet", "old");
	assert_false(exists(".out.replaced"));
	/* Never over what is there. */
	assert_int_equal(mkdir(".out.replaced", 0777), 0);
	assert_true(commit_restore(&commit, &error));
	assert_true(exists(".out.replaced"));
	leave(commit.place, true);
}

static void
test_claim(void **state)
{
	(void)state;
	struct place *first = create_place("out"), *second = create_place("out");
	struct nest_error error;
	assert_true(place_claim(first, &error));
	assert_false(place_claim(second, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_non_null(strstr(error.text, "another parquet-merge is at work on out: test (process "));
	assert_non_null(strstr(error.text, "); wait until it is done"));
	assert_true(place_leave(first, false, &error));
	assert_false(exists(".out.staging"));
	/* The place that it had opened is gone: it makes another one. */
	assert_true(place_claim(second, &error));
	assert_true(exists(".out.staging"));
	leave(second, false);
	place_close(first);
	assert_false(exists(".out.staging"));
}

static void
test_sweep(void **state)
{
	(void)state;
	struct attempt_result result;
	struct nest_error error;
	struct place *place = join_place(run), *sweeper = create_place("out");
	put_part(place, 0, "zero", &result);
	assert_true(place_claim(sweeper, &error));
	assert_false(place_sweep(sweeper, &error));
	assert_non_null(
	    strstr(error.text, "somebody is at work on out, in a run that was begun by test (process "));
	place_close(place);
	assert_true(place_sweep(sweeper, &error));
	place_close(sweeper);
	assert_false(exists(".out.staging"));
}

/* Leaves between two steps of another who leaves, and finds the place locked by that one. */
static struct place *leaves_meanwhile;

int
flock(int fd, int operation)
{
	long result = syscall(SYS_flock, fd, operation);
	if (result != 0 && leaves_meanwhile != NULL) {
		struct place *leaver = leaves_meanwhile;
		leaves_meanwhile = NULL;
		leave(leaver, true);
		errno = EWOULDBLOCK;
	}
	return (int)result;
}

/* Each sees the other there; the place is not left behind, though. */
static void
test_two_leave_at_one_moment(void **state)
{
	(void)state;
	struct place *first = join_place(run), *second = join_place(run);
	leaves_meanwhile = second;
	leave(first, true);
	assert_null(leaves_meanwhile);
	assert_false(exists(".out.staging"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* Comes and goes, COUNT times; how often that failed. */
static int
come_and_go(int count)
{
	int failures = 0;
	struct nest_error error;
	for (int i = 0; i < count; i++) {
		struct place *place;
		bool found;
		if (!place_open(&place, "out", "test", &error))
			return -1;
		if (!place_create(place, &error) || !place_leave(place, false, &error) ||
		    !place_find(place, &found, &error)) {
			print_message("%s\n", error.text);
			failures++;
		}
		place_close(place);
	}
	return failures;
}

static void
test_coming_while_others_leave(void **state)
{
	enum { TIMES = 5000 };
	int status;
	(void)state;
	pid_t other = fork();
	assert_true(other >= 0);
	if (other == 0)
		_exit(come_and_go(TIMES) != 0);
	int failures = come_and_go(TIMES);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(failures, 0);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_paths),
	    TEST(test_paths_resolved),
	    TEST(test_paths_refused),
	    TEST(test_names),
	    TEST(test_create),
	    TEST(test_create_refused),
	    TEST(test_create_where_others_write),
	    TEST(test_find),
	    TEST(test_coming_while_others_leave),
	    TEST(test_one_run_at_a_time),
	    TEST(test_a_dead_run_is_replaced),
	    TEST(test_leaving_keeps_what_is_complete),
	    TEST(test_leaving_another_run_alone),
	    TEST(test_two_leave_at_one_moment),
	    TEST(test_a_refused_run_is_in_nobody_s_way),
	    TEST(test_extents),
	    TEST(test_a_damaged_run_file),
	    TEST(test_attempts_at_one_part),
	    TEST(test_other_bytes_as_the_same_part),
	    TEST(test_large_pieces),
	    TEST(test_listing),
	    TEST(test_publish),
	    TEST(test_publish_into_empty),
	    TEST(test_publish_force),
	    TEST(test_check_base),
	    TEST(test_check_target),
	    TEST(test_publish_late_refusal),
	    TEST(test_give_up),
	    TEST(test_give_up_foreign),
	    TEST(test_what_was_tampered_with_is_not_published),
	    TEST(test_what_was_touched_is_read_again),
	    TEST(test_two_versions_of_a_part_are_not_published),
	    TEST(test_restore),
	    TEST(test_claim),
	    TEST(test_sweep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
