/* Tables of sar, iostat and vmstat: the same is told of a text in pieces as at once. */
#include "format/sysstat.h"

#include "fuzz_lines.h"

static int on_point(void *user, const pl_text_sample *p)
{
  FUZZ_EXPECT(p->value == p->value);
  return fuzz_point(user, p);
}

static int read_some(void *reader, pl_str *text, bool last)
{
  return pl_sysstat_read(reader, text, last);
}

static fuzz_told read_text(unsigned program, pl_str text, size_t step)
{
  fuzz_told t = {0};
  const pl_text_events events = {on_point, fuzz_refused, &t};
  pl_sysstat *s;
  FUZZ_EXPECT(pl_sysstat_new(&pl_alloc_default, (enum pl_sysstat_program)program, &events, &s) == 0);
  fuzz_read(&t, read_some, s, text, step);
  FUZZ_EXPECT(t.code == 0 && t.left == 0);
  pl_sysstat_free(s);
  return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_lines(data, len, 3, read_text);
  return 0;
}
