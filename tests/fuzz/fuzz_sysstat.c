/* Tables of sar, iostat and vmstat: the same is told of a text in pieces as at once. */
#include "format/sysstat.h"

#include "fuzz.h"

static int on_point(void *user, const pl_text_sample *p)
{
  uint64_t *hash = user;
  FUZZ_EXPECT(p->name.len > 0 && p->n_tags <= PL_LINE_TAGS && p->value == p->value);
  *hash = pl_hash(p->name.data, p->name.len, *hash ^ p->line);
  *hash = pl_hash(&p->value, sizeof p->value, *hash ^ (p->has_time ? (uint64_t)p->time_ns : 1));
  return 0;
}

static int on_refused(void *user, const pl_refused *r)
{
  uint64_t *hash = user;
  *hash = pl_hash(pl_refusal_name(r->reason), 3, *hash ^ r->line);
  return 0;
}

static uint64_t read_text(enum pl_sysstat_program program, pl_str text, size_t step)
{
  uint64_t hash = 0;
  const pl_text_events events = {on_point, on_refused, &hash};
  pl_sysstat *s;
  size_t seen = 0, at = 0;
  FUZZ_EXPECT(pl_sysstat_new(&pl_alloc_default, program, &events, &s) == 0);
  do {
    seen = step < text.len - seen ? seen + step : text.len;
    pl_str rest = {text.data + at, seen - at};
    FUZZ_EXPECT(pl_sysstat_read(s, &rest, seen == text.len) == 0);
    at = seen - rest.len;
  } while (seen < text.len);
  pl_sysstat_free(s);
  return hash;
}

/* The first byte says which program, the second how the text is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len < 2)
    return 0;
  pl_str text = {(const char *)data + 2, len - 2};
  enum pl_sysstat_program program = (enum pl_sysstat_program)(data[0] % 3);
  FUZZ_EXPECT(read_text(program, text, text.len + 1) == read_text(program, text, data[1] % 32 + 1u));
  return 0;
}
