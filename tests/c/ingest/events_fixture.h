/* Reads the events that are on the timeline of an intake's fixture. */
#ifndef TEST_EVENTS_FIXTURE_H
#define TEST_EVENTS_FIXTURE_H

#include <string.h>

#include "ingest/intake_fixture.h"

static inline int fixture_event(void *user, const pl_field *fields, size_t n)
{
  fixture *f = user;
  for (size_t i = 0; i < n; i++) {
    if (fields[i].type == PL_FIELD_TEXT)
      f->len += (size_t)snprintf(f->found + f->len, sizeof f->found - f->len, "%.*s ", (int)fields[i].bytes.len, fields[i].bytes.data);
    else if (fields[i].type == PL_FIELD_INT && i > 0)
      f->len += (size_t)snprintf(f->found + f->len, sizeof f->found - f->len, "%lld ", (long long)fields[i].integer);
  }
  f->len += (size_t)snprintf(f->found + f->len, sizeof f->found - f->len, "\n");
  return 0;
}

/* All events of a kind of the run: begin, duration, kind, text, data. */
static inline const char *fixture_events(fixture *f, const char *kind)
{
  const pl_field fields[] = {{.name = "run", .type = PL_FIELD_INT, .integer = 7}, {.name = "kind", .type = PL_FIELD_TEXT, .bytes = pl_str_of(kind)}};
  pl_reader *r;
  assert_int_equal(pl_reader_of(f->store, &r, NULL), PL_OK);
  f->len = 0;
  f->found[0] = '\0';
  assert_int_equal(pl_reader_record(r, "events_of", fields, 2, fixture_event, f, NULL), PL_OK);
  pl_reader_close(r);
  return f->found;
}

/* Of events: the length of the last one's text, into *user. */
static inline int fixture_text_length(void *user, const pl_field *fields, size_t n)
{
  size_t *len = user;
  for (size_t i = 0; i < n; i++) {
    if (strcmp(fields[i].name, "text") == 0)
      *len = fields[i].bytes.len;
  }
  return 0;
}

static inline const char *fixture_spans(fixture *f)
{
  return fixture_events(f, "span");
}

#endif
