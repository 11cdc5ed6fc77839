/* A collector's desk without a collector: a timeline in memory, a feed, a fake clock. */
#ifndef TEST_DESK_H
#define TEST_DESK_H

#include <stdio.h>
#include <string.h>

#include "bind/desk.h"
#include "support/failing.h"

enum { DESK_RUN = 3 };

typedef struct desk_fixture {
  pl_fake_clock clock;
  pl_desk desk;
} desk_fixture;

static inline void desk_open(desk_fixture *f, uv_loop_t *loop)
{
  pl_fake_clock_init(&f->clock, PL_S_NS, 1000 * (int64_t)PL_S_NS);
  f->desk = (pl_desk){.alloc = &pl_alloc_default, .clock = &f->clock.clock, .loop = loop, .run = DESK_RUN, .instance = "here"};
  const pl_store_options o = {.alloc = &pl_alloc_default, .clock = f->desk.clock};
  assert_int_equal(pl_store_open(&o, &f->desk.store, NULL), PL_OK);
  f->desk.feed = pl_feed_new(&pl_alloc_default, f->desk.store);
  assert_non_null(f->desk.feed);
}

static inline void desk_close(desk_fixture *f)
{
  pl_feed_free(f->desk.feed);
  pl_store_close(f->desk.store);
}

/* The rows of a SELECT, one a line, columns separated by spaces. */
typedef struct desk_rows {
  char text[4096];
  size_t len;
} desk_rows;

static inline int desk_row(void *user, const pl_field *f, size_t n)
{
  desk_rows *r = user;
  for (size_t i = 0; i < n; i++) {
    char *at = r->text + r->len;
    size_t room = sizeof r->text - r->len;
    const char *before = i ? " " : r->len ? "\n" : "";
    int m = f[i].type == PL_FIELD_INT      ? snprintf(at, room, "%s%lld", before, (long long)f[i].integer)
            : f[i].type == PL_FIELD_DOUBLE ? snprintf(at, room, "%s%g", before, f[i].number)
                                           : snprintf(at, room, "%s%.*s", before, (int)f[i].bytes.len, f[i].bytes.data);
    assert_true(m >= 0 && (size_t)m < room);
    r->len += (size_t)m;
  }
  return 0;
}

static inline const char *desk_select(pl_store *store, const char *sql)
{
  static desk_rows rows;
  pl_reader *r;
  pl_error err = {0};
  rows.len = 0;
  rows.text[0] = '\0';
  assert_int_equal(pl_store_commit(store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(store, &r, NULL), PL_OK);
  if (pl_reader_sql(r, pl_str_of(sql), NULL, 0, desk_row, &rows, &err))
    fail_msg("%s", err.message);
  pl_reader_close(r);
  return rows.text;
}

#endif
