#include "merge/output.h"

#include "lib/base/program.h"

#include <errno.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 20, KERNEL_BYTES = 1 << 30 };

bool
output_write(struct output *out, const void *bytes, size_t size, struct nest_error *error)
{
	for (size_t done = 0; done < size;) {
		ssize_t put = write(out->fd, (const uint8_t *)bytes + done, size - done);
		if (put < 0 && errno != EINTR)
			return nest_error_system(error, "unable to write %s", out->name);
		done += put > 0 ? (size_t)put : 0;
	}
	out->written += size;
	return true;
}

/* Copies as much as it can; reads and writes that follow do the rest, and find any error. */
static void
copy_by_kernel(struct output *out, int from, uint64_t *at, uint64_t end)
{
	while (*at < end && !program_interrupted()) {
		off_t offset = (off_t)*at;
		uint64_t size = end - *at < KERNEL_BYTES ? end - *at : KERNEL_BYTES;
		ssize_t copied = copy_file_range(from, &offset, out->fd, NULL, (size_t)size, 0);
		if (copied <= 0)
			return;
		*at += (uint64_t)copied;
		out->written += (uint64_t)copied;
	}
}

bool
output_copy(
    struct output *out, const struct parquet_file *from, uint64_t at, uint64_t end, struct nest_error *error)
{
	const struct metadata_source *source = &from->source;
	copy_by_kernel(out, from->fd, &at, end);
	buffer_clear(&out->bytes);
	while (at < end) {
		size_t size = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
		if (program_interrupted())
			return program_interrupt_error(error);
		if (!buffer_reserve(&out->bytes, COPY_BYTES, error) ||
		    !source->read_at(source->context, out->bytes.data, size, at, error) ||
		    !output_write(out, out->bytes.data, size, error))
			return false;
		at += size;
	}
	return true;
}

void
output_free(struct output *out)
{
	buffer_free(&out->bytes);
}
