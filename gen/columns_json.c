/* columns_json.c - the loops of columns.c as JSON. */
#define COLUMN_NOTATION "gen/put_json.h"
#define COLUMN_PUT column_put_json
#include "gen/columns.c" /* NOLINT: once more */
