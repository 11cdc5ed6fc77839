/* A timeline in memory, who reads it, and a text that becomes of it. */
#ifndef TEST_READING_FIXTURE_H
#define TEST_READING_FIXTURE_H

#include "store/stored.h"

typedef struct reading {
  pl_store *store;
  pl_reader *reader;
  pl_buf text;
} reading;

static inline void reading_open(reading *r)
{
  r->store = stored_open(NULL, NULL, 0);
  pl_buf_init(&r->text, &pl_alloc_default, 16 << 20);
  assert_int_equal(pl_reader_of(r->store, &r->reader, NULL), PL_OK);
}

static inline void reading_close(reading *r)
{
  pl_reader_close(r->reader);
  pl_store_close(r->store);
  pl_buf_fini(&r->text);
}

#endif
