/* Rows by format, at any cut of the text, and the ways in which they are wrong. */
#include "format/rows.h"

#include <string.h>

#include "support/failing.h"

enum { ROWS = 8 };

typedef struct rows {
  char text[ROWS][64];
  uint32_t line[ROWS]; /* from 1 */
  size_t n;
} rows;

/* Reads all rows of text, seen `step` bytes more at a time. */
static int read_all(pl_rows_syntax syntax, const char *text, size_t step, rows *out, pl_error *err)
{
  size_t len = strlen(text), at = 0, seen = 0;
  uint32_t line = 1, lines = 0;
  *out = (rows){0};
  for (int code = 0; code <= 0;) {
    code = pl_rows_begin(&syntax, (pl_str){text, seen}, seen == len, &at, &lines, err);
    if (code < 0)
      return code;
    seen += code ? 0 : step < len - seen ? step : len - seen;
  }
  line += lines;
  for (;;) {
    pl_rows_row row;
    int code = pl_rows_next(&syntax, (pl_str){text + at, seen - at}, out->n == 0, seen == len, &row, err);
    if (code < 0 || (code == 0 && seen == len)) {
      out->line[out->n] = line + row.line;
      return code;
    }
    if (code == 0) {
      seen += step < len - seen ? step : len - seen;
      continue;
    }
    assert_true(out->n < ROWS);
    (void)pl_copy(out->text[out->n], sizeof out->text[0], row.text);
    out->line[out->n++] = line + row.line;
    at += row.size;
    line += row.lines;
  }
}

static void check(enum pl_rows_format format, const char *text, const char *const *wanted, const uint32_t *lines)
{
  pl_rows_syntax syntax = {format, ','};
  for (size_t step = 1; step <= strlen(text); step++) {
    rows got;
    pl_error err = {0};
    if (read_all(syntax, text, step, &got, &err))
      fail_msg("%s", err.message);
    size_t n = 0;
    for (; wanted[n]; n++) {
      assert_string_equal(got.text[n], wanted[n]);
      assert_int_equal(got.line[n], lines[n]);
    }
    assert_int_equal(got.n, n);
  }
}

static void formats(void **state)
{
  (void)state;
  check(PL_ROWS_CSV, "\xef\xbb\xbf" "name,quote\r\n\nada,\"two\r\nlines\"\r\n\"b\"\"\",x", (const char *const[]){"name,quote", "ada,\"two\r\nlines\"", "\"b\"\"\",x", NULL},
        (const uint32_t[]){1, 3, 5});
  check(PL_ROWS_CSV, "a,b\n1,\"2\"\r", (const char *const[]){"a,b", "1,\"2\"", NULL}, (const uint32_t[]){1, 2});
  check(PL_ROWS_CSV, "a\nb\"c\n", (const char *const[]){"a", "b\"c", NULL}, (const uint32_t[]){1, 2});
  check(PL_ROWS_NDJSON, "{\"a\":1}\n\n  {\"a\":2}\r\n{\"a\":\"\\n\"}", (const char *const[]){"{\"a\":1}", "{\"a\":2}\r", "{\"a\":\"\\n\"}", NULL},
        (const uint32_t[]){1, 3, 4});
  check(PL_ROWS_JSON, " [\n{\"a\":\"}]\\\"\"},\n{\"a\":[{}]\n}\n , {}\n]\n", (const char *const[]){"{\"a\":\"}]\\\"\"}", "{\"a\":[{}]\n}", "{}", NULL},
        (const uint32_t[]){2, 3, 5});
  check(PL_ROWS_JSON, "[]", (const char *const[]){NULL}, (const uint32_t[]){0});
}

static void refuse(enum pl_rows_format format, const char *text, uint32_t line, const char *why)
{
  pl_rows_syntax syntax = {format, ','};
  for (size_t step = 1; step <= strlen(text); step++) {
    rows got;
    pl_error err = {0};
    assert_int_equal(read_all(syntax, text, step, &got, &err), PL_EPARSE);
    assert_string_equal(err.message, why);
    if (line)
      assert_int_equal(got.line[got.n], line);
  }
}

static void mistakes(void **state)
{
  (void)state;
  refuse(PL_ROWS_CSV, "a,b\n1,\"x\n", 2, "a quoted field is not closed");
  refuse(PL_ROWS_CSV, "a,b\n\n1,\"x\"y\n", 3, "text after a closing quote");
  refuse(PL_ROWS_CSV, "a,b\n1,\"x\"\r2\n", 2, "text after a closing quote");
  refuse(PL_ROWS_NDJSON, "{}\n[1]\n", 2, "a row is a JSON object: { ... }");
  refuse(PL_ROWS_JSON, "{}", 0, "a JSON file of rows is an array: [ { ... }, ... ]");
  refuse(PL_ROWS_JSON, "[{}\n{}]", 2, "a comma is missing between two rows");
  refuse(PL_ROWS_JSON, "[{},\n]", 2, "a row is a JSON object: { ... }");
  refuse(PL_ROWS_JSON, "[\n{}", 2, "the array is not closed");
  refuse(PL_ROWS_JSON, "[\n{\"a\":1", 2, "an object is not closed");
  refuse(PL_ROWS_JSON, "[{}]\nx", 1, "text after the array");
}

static void fields(void **state)
{
  static const char *const wanted[] = {"plain", "a,\"b\"", "", "\"", "end"};
  pl_str rest = PL_STR("plain,\"a,\"\"b\"\"\",,\"\"\"\",end"), field;
  pl_buf scratch;
  (void)state;
  pl_buf_init(&scratch, &pl_alloc_default, 1 << 10);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    assert_non_null(rest.data);
    assert_int_equal(pl_rows_field(',', &rest, &scratch, &field), PL_OK);
    assert_true(pl_str_eqc(field, wanted[i]));
  }
  assert_null(rest.data);
  rest = PL_STR("a;");
  assert_int_equal(pl_rows_field(';', &rest, &scratch, &field), PL_OK);
  assert_int_equal(pl_rows_field(';', &rest, &scratch, &field), PL_OK);
  assert_int_equal(field.len, 0);
  assert_null(rest.data);
  pl_buf_fini(&scratch);
}

static void json_is_checked(void **state)
{
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_rows_check(&pl_alloc_default, PL_STR("{\"a\":[1,{\"b\":null}]}"), NULL), PL_OK);
  assert_int_equal(pl_rows_check(&pl_alloc_default, PL_STR("{\"a\":}"), &err), PL_EPARSE);
}

static void delimiters_are_found(void **state)
{
  (void)state;
  assert_int_equal(pl_rows_delimiter(PL_STR("a,b;c\nd")), ',');
  assert_int_equal(pl_rows_delimiter(PL_STR("a;b\nc,d")), ';');
  assert_int_equal(pl_rows_delimiter(PL_STR("a\tb")), '\t');
  assert_int_equal(pl_rows_delimiter(PL_STR("")), ',');
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formats),
      cmocka_unit_test(mistakes),
      cmocka_unit_test(fields),
      cmocka_unit_test(json_is_checked),
      cmocka_unit_test(delimiters_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
