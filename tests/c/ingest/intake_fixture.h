/* An intake on a timeline in memory. */
#ifndef TEST_INTAKE_FIXTURE_H
#define TEST_INTAKE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "format/stale.h"
#include "ingest/intake.h"
#include "support/failing.h"

typedef struct fixture {
  pl_fake_clock clock;
  pl_store *store;
  pl_feed *feed;
  pl_intake *intake;
  char found[4096]; /* what fixture_series wrote */
  size_t len;
} fixture;

static inline pl_intake_options fixture_options(fixture *f)
{
  return (pl_intake_options){.alloc = &pl_alloc_default, .clock = &f->clock.clock, .feed = f->feed, .run = 7, .instance = PL_STR("here"),
                             .role = PL_STR("target"), .origin = PL_STR("production"),
                             .limits = {.series = 3, .labels = 3, .label_bytes = 20, .events = {3, 3, 3}, .samples_per_s = 10}};
}

static inline int fixture_set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  pl_fake_clock_init(&f->clock, 1, 1);
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  assert_int_equal(pl_store_open(&o, &f->store, NULL), PL_OK);
  f->feed = pl_feed_new(&pl_alloc_default, f->store);
  pl_intake_options in = fixture_options(f);
  assert_int_equal(pl_intake_new(&in, &f->intake, NULL), PL_OK);
  *state = f;
  return 0;
}

static inline int fixture_tear_down(void **state)
{
  fixture *f = *state;
  pl_intake_free(f->intake);
  pl_feed_free(f->feed);
  pl_store_close(f->store);
  free(f);
  return 0;
}

static inline int fixture_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  fixture *f = user;
  for (size_t i = 0; i < n; i++) {
    char value[32] = "stale";
    if (!pl_is_stale(values[i]))
      (void)snprintf(value, sizeof value, "%g", values[i]);
    f->len += (size_t)snprintf(f->found + f->len, sizeof f->found - f->len, " %s@%lld", value, (long long)times_ns[i]);
  }
  return 0;
}

typedef struct fixture_reading {
  fixture *f;
  pl_reader *reader;
} fixture_reading;

static inline int fixture_one(void *user, const pl_series_info *info)
{
  fixture_reading *r = user;
  fixture *f = r->f;
  f->len += (size_t)snprintf(f->found + f->len, sizeof f->found - f->len, "%.*s%s{", (int)info->name.len, info->name.data,
                             info->kind == PL_SERIES_COUNTER ? "+" : "");
  for (size_t i = 0; i < info->n_labels; i++)
    f->len += (size_t)snprintf(f->found + f->len, sizeof f->found - f->len, "%.*s=%.*s ", (int)info->labels[i].name.len, info->labels[i].name.data,
                               (int)info->labels[i].value.len, info->labels[i].value.data);
  f->len += (size_t)snprintf(f->found + f->len, sizeof f->found - f->len, "}");
  assert_int_equal(pl_reader_spans(r->reader, info->id, 7, INT64_MIN, INT64_MAX, fixture_span, f, NULL), 0);
  return 0;
}

/* All series of the run with their samples, as a text: a counter has a +. */
static inline const char *fixture_series(fixture *f)
{
  pl_reader *r;
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(f->store, &r, NULL), PL_OK);
  fixture_reading reading = {f, r};
  f->len = 0;
  f->found[0] = '\0';
  assert_int_equal(pl_reader_series(r, PL_STR(""), NULL, 0, 7, fixture_one, &reading, NULL), PL_OK);
  pl_reader_close(r);
  return f->found;
}

#endif
