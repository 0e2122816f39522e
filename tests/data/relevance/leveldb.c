/* Puts, overwrites, gets, deletes and scans in the folder that is named, which is removed first. */
#include "leveldb/c.h"

#include <stdio.h>
#include <string.h>

enum { KEYS = 300000 };

static size_t
key_of(char *key, int i)
{
	return (size_t)sprintf(key, "key%08d", (int)(i * 7919LL % KEYS));
}

int
main(int argc, char **argv)
{
	char key[32], value[128], *error = NULL;
	size_t size, seen = 0;
	leveldb_options_t *options = leveldb_options_create();
	leveldb_options_set_create_if_missing(options, 1);
	leveldb_destroy_db(options, argc == 2 ? argv[1] : "", &error);
	leveldb_t *db = error == NULL ? leveldb_open(options, argc == 2 ? argv[1] : "", &error) : NULL;
	if (error != NULL)
		return fprintf(stderr, "%s\n", error), 1;
	leveldb_writeoptions_t *put = leveldb_writeoptions_create();
	leveldb_readoptions_t *get = leveldb_readoptions_create();
	for (int i = 0; i < 2 * KEYS; i++) {
		size_t bytes =
		    (size_t)snprintf(value, sizeof value, "value %d of some length, %0*d", i, i % 60, i);
		leveldb_put(db, put, key, key_of(key, i), value, bytes, &error);
	}
	for (int i = 0; i < KEYS; i += 3)
		leveldb_delete(db, put, key, key_of(key, i), &error);
	for (int i = 0; i < KEYS; i++) {
		char *found = leveldb_get(db, get, key, key_of(key, i * 3), &size, &error);
		seen += found != NULL;
		leveldb_free(found);
	}
	leveldb_iterator_t *at = leveldb_create_iterator(db, get);
	for (leveldb_iter_seek_to_first(at); leveldb_iter_valid(at); leveldb_iter_next(at)) {
		leveldb_iter_value(at, &size);
		seen += size;
	}
	leveldb_iter_destroy(at);
	leveldb_close(db);
	return error != NULL || seen == 0;
}
