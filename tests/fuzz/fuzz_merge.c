/*
 * Any bytes as two files that become one: the first byte chooses how, the next three are the length of the
 * first file.  What is made can be read where it was made, and is sound where both files are.
 */
#include "merge/check.h"
#include "merge/compose.h"
#include "tests/fuzz/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 4, PATH_BYTES = 32, ROWS_MOST = 1 << 16 };

/* A file in memory, and the name by which it can be opened. */
struct memory {
	int fd;
	char path[PATH_BYTES];
};

static struct memory
memory_of(const uint8_t *data, size_t size)
{
	struct memory memory = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
	must(memory.fd >= 0);
	must(write(memory.fd, data, size) == (ssize_t)size);
	snprintf(memory.path, sizeof memory.path, "/proc/self/fd/%d", memory.fd);
	return memory;
}

/* Rows that a file lacks a column for are written whatever their number. */
static bool
is_small(const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->list[i].file.metadata.group_rows > ROWS_MOST)
			return false;
	return true;
}

static struct compose_options
options_of(uint8_t byte)
{
	struct compose_options options = {.group_bytes = 1 << 20};
	options.codec.is_given = (byte & 2) != 0;
	options.codec.choice.kind = (byte & 4) != 0 ? CODEC_SNAPPY : CODEC_NONE;
	options.encoding.is_given = (byte & 16) != 0;
	options.encoding.preset = (enum preset)((byte >> 5) % 3);
	options.group_rows = (byte & 8) != 0 ? ROWS_MOST : 0;
	return options;
}

static void
merge(const struct sources *sources, const struct compose_options *options, const struct memory *in)
{
	struct memory made = memory_of(NULL, 0);
	struct output out = {.fd = made.fd, .name = "made"};
	struct composed composed = {0};
	struct nest_error error;
	if (compose_file(&out, sources, 0, sources->count, options, &composed, &error)) {
		struct parquet_file file;
		if (!parquet_file_open(&file, made.path, &error)) {
			fprintf(stderr, "%s\n", error.text);
			abort();
		}
		parquet_file_close(&file);
		if (check_file(in[0].path, &error) && check_file(in[1].path, &error) &&
		    !check_file(made.path, &error)) {
			fprintf(stderr, "%s\n", error.text);
			abort();
		}
	}
	output_free(&out);
	composed_free(&composed);
	close(made.fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD_BYTES)
		return 0;
	size_t left = size - HEAD_BYTES, first = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
	first = first < left ? first : left;
	const struct memory in[] = {
	    memory_of(data + HEAD_BYTES, first), memory_of(data + HEAD_BYTES + first, left - first)};
	char *paths[] = {strdup(in[0].path), strdup(in[1].path)};
	const struct compose_options options = options_of(data[0]);
	struct sources sources;
	struct nest_error error;
	must(paths[0] != NULL && paths[1] != NULL);
	if (sources_open(&sources, paths, 2, (data[0] & 1) != 0 ? SOURCES_UNION : SOURCES_EQUAL, &error) &&
	    is_small(&sources))
		merge(&sources, &options, in);
	sources_free(&sources);
	for (size_t i = 0; i < 2; i++) {
		close(in[i].fd);
		free(paths[i]);
	}
	return 0;
}
