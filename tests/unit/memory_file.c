#include "tests/unit/memory_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

void
memory_file_open(struct memory_file *memory, struct view bytes)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t done = 0; done < bytes.size;) {
		ssize_t written = write(fd, bytes.data + done, bytes.size - done);
		assert_true(written > 0);
		done += (size_t)written;
	}
	memory->file = (struct input_file){.name = "input", .fd = fd, .is_sized = true, .size = bytes.size};
	memory->input = (struct input){.files = &memory->file,
	    .file_count = 1,
	    .is_sized = true,
	    .size = bytes.size,
	    .part_bytes = 1 << 20};
}

void
memory_file_close(struct memory_file *memory)
{
	close(memory->file.fd);
}
