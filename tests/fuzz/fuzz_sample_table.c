/* Tables of samples: the same is told of a text in pieces as at once. */
#include "format/sample_table.h"

#include "fuzz.h"

typedef struct told {
  uint64_t hash, points, refused;
} told;

static int on_point(void *user, const pl_text_sample *p)
{
  told *t = user;
  t->points++;
  FUZZ_EXPECT(p->name.len > 0 && p->n_tags <= PL_LINE_TAGS);
  t->hash = pl_hash(p->name.data, p->name.len, t->hash ^ p->line);
  for (size_t i = 0; i < p->n_tags; i++) {
    FUZZ_EXPECT(p->tags[i].value.len > 0);
    t->hash = pl_hash(p->tags[i].name.data, p->tags[i].name.len, t->hash);
    t->hash = pl_hash(p->tags[i].value.data, p->tags[i].value.len, t->hash);
  }
  t->hash = pl_hash(&p->value, sizeof p->value, t->hash ^ (p->has_time ? (uint64_t)p->time_ns : 1));
  return 0;
}

static int on_refused(void *user, const pl_refused *r)
{
  told *t = user;
  t->refused++;
  t->hash = pl_hash(pl_refusal_name(r->reason), 3, t->hash ^ r->line);
  return 0;
}

static told read_text(enum pl_table_format format, pl_str text, size_t step, int *code)
{
  told t = {0};
  pl_text_events events = {on_point, on_refused, &t};
  pl_table *table;
  size_t seen = 0, at = 0;
  FUZZ_EXPECT(pl_table_new(&pl_alloc_default, format, PL_STR("m"), &events, &table) == 0);
  do {
    seen = step < text.len - seen ? seen + step : text.len;
    pl_str rest = {text.data + at, seen - at};
    *code = pl_table_read(table, &rest, seen == text.len, NULL);
    at = seen - rest.len;
  } while (!*code && seen < text.len);
  FUZZ_EXPECT(*code || at == text.len || format == PL_TABLE_CSV); /* blank lines at the end may stay */
  pl_table_free(table);
  return t;
}

/* The first byte says which format, the second how the text is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len < 2)
    return 0;
  int whole_code, pieces_code;
  pl_str text = {(const char *)data + 2, len - 2};
  enum pl_table_format format = data[0] % 2 ? PL_TABLE_NDJSON : PL_TABLE_CSV;
  told whole = read_text(format, text, text.len + 1, &whole_code), pieces = read_text(format, text, data[1] % 32 + 1u, &pieces_code);
  FUZZ_EXPECT(whole_code == pieces_code);
  FUZZ_EXPECT(whole_code || (whole.hash == pieces.hash && whole.points == pieces.points && whole.refused == pieces.refused));
  return 0;
}
