#include "lib/dataset/accepted.h"

#include "lib/dataset/internal.h"
#include "lib/dataset/part_reader.h"
#include "lib/dataset/stamp.h"

#include <fcntl.h>
#include <inttypes.h>

/* The file was touched since it was accepted: reads its bytes again. */
static bool
check_again(
    const struct place *place, const struct commit_part *part, struct stat *status, struct nest_error *error)
{
	struct part_reader reader;
	if (!part_reader_open(&reader, place, part->file, part->number, error))
		return false;
	bool fine = part_reader_has_digest(&reader) && reader.size_bytes == part->size_bytes
	                ? part_reader_verify(&reader, error)
	                : nest_error_set(error, NEST_INVALID, "it was changed");
	if (fine && fstat(reader.fd, status) != 0)
		fine = nest_error_system(error, "unable to examine it");
	part_reader_close(&reader);
	return fine;
}

bool
accepted_check(
    const struct place *place, const struct commit_part *part, struct stat *status, struct nest_error *error)
{
	bool same = fstatat(place->fd, part->file, status, AT_SYMLINK_NOFOLLOW) == 0 &&
	            S_ISREG(status->st_mode) && (uint64_t)status->st_size == part->size_bytes &&
	            digest_equal(stamp_of(status), part->stamp);
	return same || check_again(place, part, status, error) ||
	       nest_error_prefix(
		   error, "part %" PRIu64 ", file %s, is not what was accepted: ", part->number, part->file);
}

bool
accepted_check_same(const struct commit_part *part, const struct stat *before, const struct stat *after,
    struct nest_error *error)
{
	return (after->st_ino == before->st_ino && after->st_dev == before->st_dev &&
		   after->st_size == before->st_size && after->st_mtim.tv_sec == before->st_mtim.tv_sec &&
		   after->st_mtim.tv_nsec == before->st_mtim.tv_nsec) ||
	       nest_error_set(error, NEST_INVALID,
		   "part %" PRIu64 ", file %s, is not what was accepted: it was changed", part->number,
		   part->file);
}
