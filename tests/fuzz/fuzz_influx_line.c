/* InfluxDB's line protocol: the same is told of a text in pieces as at once. */
#include "format/influx_line.h"

#include "fuzz_lines.h"

static int on_field(void *user, const pl_influx_field *f)
{
  fuzz_told *t = user;
  FUZZ_EXPECT(f->measurement.len > 0 && f->field.len > 0);
  for (size_t i = 0; i < f->n_tags; i++)
    FUZZ_EXPECT(f->tags[i].value.len > 0);
  fuzz_mix_str(t, f->measurement);
  fuzz_mix_str(t, f->field);
  fuzz_mix_tags(t, f->tags, f->n_tags);
  fuzz_mix_value(t, f->value, f->has_time, f->time_ns, f->line);
  return 0;
}

static int read_some(void *reader, pl_str *text, bool last)
{
  return pl_influx_read(reader, text, last);
}

static fuzz_told read_text(unsigned kind, pl_str text, size_t step)
{
  fuzz_told t = {0};
  pl_influx_events events = {on_field, fuzz_refused, &t};
  pl_influx *p;
  (void)kind;
  FUZZ_EXPECT(pl_influx_new(&pl_alloc_default, 1, &events, &p) == 0);
  fuzz_read(&t, read_some, p, text, step);
  FUZZ_EXPECT(t.code == 0 && t.left == 0);
  pl_influx_free(p);
  return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len <= PL_LINE_MAX) /* a text longer than a line may end it elsewhere in pieces */
    fuzz_lines(data, len, 1, read_text);
  return 0;
}
