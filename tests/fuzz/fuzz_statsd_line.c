/* StatsD: the same is told of a stream in pieces as of a datagram. */
#include "format/statsd_line.h"

#include "fuzz.h"

static int on_sample(void *user, const pl_statsd_sample *s)
{
  uint64_t *hash = user;
  FUZZ_EXPECT(s->name.len > 0 && s->rate > 0 && s->rate <= 1 && s->n_tags <= PL_LINE_TAGS);
  FUZZ_EXPECT(s->type == PL_STATSD_SET || s->value == s->value);
  *hash = pl_hash(s->text.data, s->text.len, *hash ^ s->line);
  for (size_t i = 0; i < s->n_tags; i++)
    *hash = pl_hash(s->tags[i].value.data, s->tags[i].value.len, *hash);
  return 0;
}

static int on_refused(void *user, const pl_refused *r)
{
  uint64_t *hash = user;
  *hash = pl_hash(pl_refusal_name(r->reason), 3, *hash ^ r->line);
  return 0;
}

static uint64_t read_text(pl_str text, size_t step)
{
  uint64_t hash = 0;
  pl_lines lines = {0};
  const pl_statsd_events events = {on_sample, on_refused, &hash};
  size_t seen = 0, at = 0;
  do {
    seen = step < text.len - seen ? seen + step : text.len;
    pl_str rest = {text.data + at, seen - at};
    FUZZ_EXPECT(pl_statsd_read(&lines, &rest, seen == text.len, &events) == 0);
    at = seen - rest.len;
  } while (seen < text.len);
  return hash;
}

/* The first byte says how the text is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len < 1)
    return 0;
  pl_str text = {(const char *)data + 1, len - 1};
  FUZZ_EXPECT(read_text(text, text.len + 1) == read_text(text, data[0] % 32 + 1u));
  return 0;
}
