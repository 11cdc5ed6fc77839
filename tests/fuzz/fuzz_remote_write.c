/* Remote write's messages: as many samples are told as were said, only where the message is whole. */
#include "format/remote_write.h"

#include "format/stale.h"
#include "fuzz.h"

typedef struct told {
  size_t said, samples, said_exemplars, exemplars;
  size_t bytes; /* of all texts: each is read */
} told;

static void read_text(told *t, pl_str s)
{
  for (size_t i = 0; i < s.len; i++)
    t->bytes += (unsigned char)s.data[i] != 0;
}

static bool on_series(void *user, const pl_remote_series *s)
{
  told *t = user;
  t->said += s->samples;
  t->said_exemplars += s->exemplars;
  for (size_t i = 0; i < s->n_labels && i < PL_REMOTE_LABELS; i++) {
    read_text(t, s->labels[i].name);
    read_text(t, s->labels[i].value);
  }
  FUZZ_EXPECT(s->metadata.type < PL_REMOTE_TYPES);
  read_text(t, s->metadata.help);
  read_text(t, s->metadata.unit);
  return true;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  (void)ts_ms;
  told *t = user;
  t->samples++;
  FUZZ_EXPECT(!pl_is_stale(value) || value != value);
  return 0;
}

static int on_exemplar(void *user, const pl_exemplar *e)
{
  told *t = user;
  t->exemplars++;
  FUZZ_EXPECT((!e->trace_id[0] || strlen(e->trace_id) == 2 * PL_TRACE_ID) && (!e->span_id[0] || strlen(e->span_id) == 2 * PL_SPAN_ID));
  for (size_t i = 0; i < e->n_tags; i++) {
    read_text(t, e->tags[i].name);
    read_text(t, e->tags[i].value);
  }
  return 0;
}

static int on_metadata(void *user, const pl_remote_metadata *m)
{
  FUZZ_EXPECT(m->type < PL_REMOTE_TYPES);
  read_text(user, m->family);
  read_text(user, m->help);
  read_text(user, m->unit);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  told t = {0};
  const pl_remote_events events = {on_series, on_sample, on_metadata, &t, on_exemplar};
  int code = pl_remote_write_read((pl_str){(const char *)data, len}, &events);
  FUZZ_EXPECT(code == 0 || code == PL_EPROTO);
  FUZZ_EXPECT(t.said == t.samples && t.said_exemplars == t.exemplars && (code == 0 || t.said + t.bytes == 0));
  pl_buf symbols;
  pl_buf_init(&symbols, &pl_alloc_default, 1 << 16);
  t = (told){0};
  code = pl_remote_write_read_v2((pl_str){(const char *)data, len}, &symbols, &events);
  FUZZ_EXPECT(code == 0 || code == PL_EPROTO || code == PL_ELIMIT);
  FUZZ_EXPECT(t.said == t.samples && t.said_exemplars == t.exemplars && (code == 0 || t.said + t.bytes == 0));
  pl_buf_fini(&symbols);
  return 0;
}
