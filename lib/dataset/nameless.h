/*
 * nameless - a file that is written before it has a name, so that nobody else gets at it, and that
 * goes with the process, however that ends.
 */
#ifndef NEST_DATASET_NAMELESS_H
#define NEST_DATASET_NAMELESS_H

#include "lib/base/digest.h"

#include <stdint.h>
#include <sys/uio.h>

/*
 * Creates one on the file system of the directory DIR_FD, to be read and written; -1 if that
 * knows no such files, as NFS, or the directory was removed.
 */
int nameless_open(int dir_fd);

/*
 * The same for a file that never gets a name, on any file system; -1 and errno where that fails.
 */
int nameless_scratch(int dir_fd);

/* Gives FD the name NAME in the directory DIR_FD: 0, or -1 and errno, which is EEXIST where it is taken. */
int nameless_link(int fd, int dir_fd, const char *name);

/*
 * Writes all of PIECES to FD, which need not be nameless, and adds them to DIGEST, unless that is NULL,
 * while a cache still holds them.  *SIZE_BYTES grows by what was written.  False, with errno, which is EINTR
 * where the program was interrupted while a reader made it wait.
 */
bool pieces_write(
    int fd, const struct iovec *pieces, size_t count, struct digest *digest, uint64_t *size_bytes);

#endif
