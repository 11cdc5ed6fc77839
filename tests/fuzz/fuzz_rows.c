/* Rows of feeders: the same in pieces as at once, and as many fields as were counted. */
#include "format/rows.h"

#include <string.h>

#include "fuzz.h"

enum { ROWS_MAX = 64 };

typedef struct rows {
  int code; /* of the last look: 0, or why it ended */
  size_t n;
  pl_str text[ROWS_MAX];
} rows;

/* Reads rows of a text that is seen `step` bytes more at a time. */
static void read_rows(pl_rows_syntax syntax, pl_str text, size_t step, rows *out)
{
  size_t at = 0, seen = step < text.len ? step : text.len;
  uint32_t lines;
  bool begun = false;
  *out = (rows){0};
  for (;;) {
    pl_rows_row row = {0};
    bool last = seen == text.len;
    pl_str piece = {text.data + at, seen - at};
    out->code = begun ? pl_rows_next(&syntax, piece, out->n == 0, last, &row, NULL) : pl_rows_begin(&syntax, piece, last, &at, &lines, NULL);
    if (out->code < 0 || (out->code == 0 && last))
      return;
    if (out->code == 0) {
      seen = step < text.len - seen ? seen + step : text.len;
    } else if (!begun) {
      begun = true;
    } else {
      FUZZ_EXPECT(row.size > 0 && row.size <= piece.len && row.line <= row.lines);
      out->text[out->n++] = row.text;
      at += row.size;
      if (out->n == ROWS_MAX)
        return;
    }
  }
}

static void count_fields(pl_rows_syntax syntax, pl_str text)
{
  size_t at = 0;
  uint32_t lines;
  pl_buf scratch;
  if (pl_rows_begin(&syntax, text, true, &at, &lines, NULL) != 1)
    return;
  pl_buf_init(&scratch, &pl_alloc_default, 1 << 20);
  for (pl_rows_row row; pl_rows_next(&syntax, (pl_str){text.data + at, text.len - at}, at == 0, true, &row, NULL) == 1; at += row.size) {
    uint32_t n = 0;
    for (pl_str rest = row.text, field; rest.data; n++)
      FUZZ_EXPECT(pl_rows_field(syntax.delimiter, &rest, &scratch, &field) == 0);
    FUZZ_EXPECT(n == row.fields);
  }
  pl_buf_fini(&scratch);
}

/* The first byte says which format, the second how the text is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  if (len < 2)
    return 0;
  pl_rows_syntax syntax = {(enum pl_rows_format)(data[0] % 3), ','};
  pl_str text = {(const char *)data + 2, len - 2};
  rows whole, pieces;
  read_rows(syntax, text, text.len ? text.len : 1, &whole);
  read_rows(syntax, text, data[1] % 16 + 1u, &pieces);
  FUZZ_EXPECT(whole.n == pieces.n && whole.code == pieces.code);
  for (size_t i = 0; i < whole.n; i++)
    FUZZ_EXPECT(pl_str_eq(whole.text[i], pieces.text[i]));
  if (syntax.format == PL_ROWS_CSV)
    count_fields(syntax, text);
  else if (whole.n)
    FUZZ_EXPECT(pl_rows_check(&pl_alloc_default, whole.text[0], NULL) <= 0);
  return 0;
}
