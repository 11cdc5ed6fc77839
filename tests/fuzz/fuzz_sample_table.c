/* Tables of samples: the same is told of a text in pieces as at once. */
#include "format/sample_table.h"

#include "fuzz_lines.h"

static int on_point(void *user, const pl_text_sample *p)
{
  for (size_t i = 0; i < p->n_tags; i++)
    FUZZ_EXPECT(p->tags[i].value.len > 0);
  return fuzz_point(user, p);
}

static int read_some(void *reader, pl_str *text, bool last)
{
  return pl_table_read(reader, text, last, NULL);
}

static fuzz_told read_text(unsigned format, pl_str text, size_t step)
{
  fuzz_told t = {0};
  pl_text_events events = {on_point, fuzz_refused, &t};
  pl_table *table;
  FUZZ_EXPECT(pl_table_new(&pl_alloc_default, (enum pl_table_format)format, PL_STR("m"), &events, &table) == 0);
  fuzz_read(&t, read_some, table, text, step);
  FUZZ_EXPECT(t.code || t.left == 0 || format == PL_TABLE_CSV);
  t.left = 0; /* blank lines at the end may stay */
  pl_table_free(table);
  return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_lines(data, len, 2, read_text);
  return 0;
}
