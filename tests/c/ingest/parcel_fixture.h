/* The body of a remote write parcel as text: "name{label=value,...} value@ms value@ms;" a series, and families as "<type family>". */
#ifndef TEST_PARCEL_FIXTURE_H
#define TEST_PARCEL_FIXTURE_H

#include "format/snappy.h"
#include "ingest/parcel.h"
#include "support/failing.h"

static inline bool parcel_on_series(void *user, const pl_remote_series *s)
{
  pl_buf *out = user;
  (void)pl_buf_adds(out, "{");
  for (size_t i = 0; i < s->n_labels; i++)
    (void)pl_buf_addf(out, "%s%.*s=%.*s", i ? "," : "", (int)s->labels[i].name.len, s->labels[i].name.data, (int)s->labels[i].value.len, s->labels[i].value.data);
  (void)pl_buf_adds(out, "}");
  return true;
}

static inline int parcel_on_sample(void *user, int64_t ts_ms, double value)
{
  return pl_buf_addf(user, " %g@%lld", value, (long long)ts_ms);
}

static inline int parcel_on_metadata(void *user, const pl_remote_metadata *m)
{
  return pl_buf_addf(user, "<%d %.*s %.*s>", (int)m->type, (int)m->family.len, m->family.data, (int)m->unit.len, m->unit.data);
}

/* Appends it to text. */
static inline void parcel_text(const pl_parcel *p, pl_buf *text)
{
  pl_buf message;
  const pl_remote_events events = {.series = parcel_on_series, .sample = parcel_on_sample, .metadata = parcel_on_metadata, .user = text};
  pl_buf_init(&message, &pl_alloc_default, 64 << 20);
  assert_int_equal(pl_snappy_expand((pl_str){p->body.data, p->body.len}, &message), PL_OK);
  assert_int_equal(pl_remote_write_read((pl_str){message.data, message.len}, &events), PL_OK);
  pl_buf_fini(&message);
}

#endif
