/* Remote write's messages: as many samples are told as were said, only where the message is whole. */
#include "format/remote_write.h"

#include "fuzz.h"

typedef struct told {
  size_t said, samples;
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
  for (size_t i = 0; i < s->n_labels && i < PL_REMOTE_LABELS; i++) {
    read_text(t, s->labels[i].name);
    read_text(t, s->labels[i].value);
  }
  return true;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  (void)ts_ms;
  told *t = user;
  t->samples++;
  FUZZ_EXPECT(!pl_remote_is_stale(value) || value != value);
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
  const pl_remote_events events = {on_series, on_sample, on_metadata, &t};
  int code = pl_remote_write_read((pl_str){(const char *)data, len}, &events);
  FUZZ_EXPECT(code == 0 || code == PL_EPROTO);
  FUZZ_EXPECT(t.said == t.samples && (code == 0 || t.said + t.bytes == 0));
  return 0;
}
