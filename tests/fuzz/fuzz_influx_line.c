/* InfluxDB's line protocol: the same is told of a text in pieces as at once. */
#include "format/influx_line.h"

#include "fuzz.h"

typedef struct told {
  uint64_t hash, fields, refused;
} told;

static int on_field(void *user, const pl_influx_field *f)
{
  told *t = user;
  t->fields++;
  FUZZ_EXPECT(f->measurement.len > 0 && f->field.len > 0 && f->n_tags <= PL_LINE_TAGS);
  t->hash = pl_hash(f->measurement.data, f->measurement.len, t->hash ^ f->line);
  t->hash = pl_hash(f->field.data, f->field.len, t->hash);
  for (size_t i = 0; i < f->n_tags; i++) {
    FUZZ_EXPECT(f->tags[i].name.len > 0 && f->tags[i].value.len > 0);
    t->hash = pl_hash(f->tags[i].value.data, f->tags[i].value.len, t->hash);
  }
  t->hash = pl_hash(&f->value, sizeof f->value, t->hash ^ (f->has_time ? (uint64_t)f->time_ns : 1));
  return 0;
}

static int on_refused(void *user, const pl_refused *r)
{
  told *t = user;
  t->refused++;
  t->hash = pl_hash(pl_refusal_name(r->reason), 3, t->hash ^ r->line);
  return 0;
}

static told read_text(pl_str text, size_t step)
{
  told t = {0};
  pl_influx_events events = {on_field, on_refused, &t};
  pl_influx *p;
  size_t seen = 0, at = 0;
  FUZZ_EXPECT(pl_influx_new(&pl_alloc_default, 1, &events, &p) == 0);
  do {
    seen = step < text.len - seen ? seen + step : text.len;
    pl_str rest = {text.data + at, seen - at};
    FUZZ_EXPECT(pl_influx_read(p, &rest, seen == text.len) == 0);
    at = seen - rest.len;
  } while (seen < text.len);
  FUZZ_EXPECT(at == text.len);
  pl_influx_free(p);
  return t;
}

/* The first byte says how the text is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len < 1 || len > PL_LINE_MAX) /* a text longer than a line may end it elsewhere in pieces */
    return 0;
  pl_str text = {(const char *)data + 1, len - 1};
  told whole = read_text(text, text.len + 1), pieces = read_text(text, data[0] % 32 + 1u);
  FUZZ_EXPECT(whole.hash == pieces.hash && whole.fields == pieces.fields && whole.refused == pieces.refused);
  return 0;
}
