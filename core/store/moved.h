/* Samples that are stored twice for a while: grouping has put them into chunks and not yet taken them out of the head. */
#ifndef PL_STORE_MOVED_H
#define PL_STORE_MOVED_H

#include "store/archive.h"

/* Registers moved_samples(), the number of these, on the archive's connection; an SQLite code. Chunks that cannot be read have none, nor has a
 * head of which no batch can. It loads the head, and decodes the chunks of its times. */
int pl_moved_register(pl_archive *a);

#endif
