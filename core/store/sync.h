/* Making the write-ahead log durable, aside: a disk may take seconds for it, and the thread that writes has a load to look after. */
#ifndef PL_STORE_SYNC_H
#define PL_STORE_SYNC_H

#include "base/alloc.h"

typedef struct pl_syncer pl_syncer;

/* Of the database at path (copied). Its thread starts when it is asked first. PL_ENOMEM. */
int pl_syncer_new(const pl_allocator *a, const char *path, pl_syncer **out) PL_MUSTCHECK;
/* Ends its thread, which first does what it was asked for. NULL is fine. */
void pl_syncer_free(pl_syncer *s);

/* All that was written to the log until now shall be on the disk soon. Never waits for the disk, except where no thread can be had.
 * The errno of an attempt that failed since the last call, else 0. */
int pl_syncer_ask(pl_syncer *s);

#endif
