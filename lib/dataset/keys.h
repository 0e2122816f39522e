/* keys - the key-values of a part file's footer that say which part it is. */
#ifndef NEST_DATASET_KEYS_H
#define NEST_DATASET_KEYS_H

#define KEY_PART "nest.part" /* its number */
#define KEY_FIRST_ROW                                                                                       \
	"nest.first_row"               /* the number of its first row; none where rows are numbered by part \
	                                */
#define KEY_PART_ROWS "nest.part_rows" /* how many rows it has */
#define KEY_PARTITIONS "nest.partitions" /* of a bundle: its index (bundle.h) */

#endif
