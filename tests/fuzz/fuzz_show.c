/*
 * Any bytes as a file, as --check and --show meet one: the first byte chooses what is shown.
 * A file that is sound can be shown, its footer and what lets readers skip with it.
 */
#include "merge/check.h"
#include "merge/show.h"
#include "tests/fuzz/must.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_BYTES = 32, ROWS_MOST = 1000 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct nest_error error;
	char path[PATH_BYTES];
	if (size < 1)
		return 0;
	if (nowhere == NULL)
		nowhere = freopen("/dev/null", "w", stdout);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	must(nowhere != NULL && fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	const struct show_options options = {.json = (data[0] & 1) != 0,
	    .has_rows = (data[0] & 2) != 0,
	    .rows = ROWS_MOST,
	    .binary = (enum jsonl_binary)(data[0] / 4 % 3)};
	bool is_sound = check_file(path, &error);
	must(is_sound || error.status == NEST_INVALID);
	bool is_shown = show_file(path, &options, &error);
	must(is_shown || (error.status == NEST_INVALID && (options.has_rows || !is_sound)));
	close(fd);
	return 0;
}
