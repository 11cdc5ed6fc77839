#include "format/series_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "support/failing.h"

static void read_text(const char *text, pl_series_lines *out)
{
  pl_error err = {0};
  assert_int_equal(pl_series_lines_read(&pl_alloc_default, pl_str_of(text), out, &err), 0);
}

static void refuses(const char *text, const char *message)
{
  pl_series_lines s;
  pl_error err = {0};
  assert_int_equal(pl_series_lines_read(&pl_alloc_default, pl_str_of(text), &s, &err), PL_EPARSE);
  assert_string_equal(err.message, message);
  assert_int_equal(s.n, 0);
}

static void lines_are_ragged_and_quoted(void **state)
{
  pl_series_lines s;
  (void)state;
  read_text("a,1,2.5,-3e2\n\"b,\"\"c\"\"\",\"4\", 5 \r\n\nd\n,7\n", &s);
  assert_int_equal(s.n, 4);
  assert_true(pl_str_eqc(s.list[0].id, "a") && s.list[0].n == 3 && s.list[0].values[2] == -300);
  assert_true(pl_str_eqc(s.list[1].id, "b,\"c\"") && s.list[1].n == 2 && s.list[1].values[1] == 5 && s.list[1].line == 2);
  assert_true(pl_str_eqc(s.list[2].id, "d") && s.list[2].n == 0 && s.list[2].line == 4);
  assert_true(s.list[3].id.len == 0 && s.list[3].n == 1 && s.list[3].values[0] == 7);
  pl_series_lines_fini(&s);
}

static void missing_values_are_nan_and_empty_ends_are_none(void **state)
{
  pl_series_lines s;
  (void)state;
  read_text("a,1,,NA,4,nan,,\nb,,,\nc,,1\n", &s);
  assert_int_equal(s.list[0].n, 5);
  assert_true(isnan(s.list[0].values[1]) && isnan(s.list[0].values[2]) && s.list[0].values[3] == 4 && isnan(s.list[0].values[4]));
  assert_int_equal(s.list[1].n, 0);
  assert_true(s.list[2].n == 2 && isnan(s.list[2].values[0]) && s.list[2].values[1] == 1);
  pl_series_lines_fini(&s);
}

static void a_header_is_skipped(void **state)
{
  pl_series_lines s;
  (void)state;
  read_text("\xef\xbb\xbf\"V1\",\"V2\",\"V3\"\nY1,1,2\n", &s);
  assert_true(s.n == 1 && pl_str_eqc(s.list[0].id, "Y1") && s.list[0].n == 2 && s.list[0].line == 2);
  pl_series_lines_fini(&s);
  read_text("", &s);
  assert_int_equal(s.n, 0);
  read_text("\n\n", &s);
  assert_int_equal(s.n, 0);
  pl_series_lines_fini(&s);
}

static void bad_rows_are_named(void **state)
{
  (void)state;
  refuses("a,1\nb,2,x3\n", "line 2, field 3: \"x3\" is no number; a line is id,v1,v2,... and a missing value is left empty");
  refuses("a,1,inf\n", "line 1, field 3: \"inf\" is no number; a line is id,v1,v2,... and a missing value is left empty");
  refuses("id,v\n\nid,v\n", "line 3, field 2: \"v\" is no number; a line is id,v1,v2,... and a missing value is left empty");
  refuses("a,1\nb,\"2\n", "line 2: a quoted field is not closed");
}

static void a_bad_field_costs_its_line_alone(void **state)
{
  pl_series_lines s;
  pl_error err = {0};
  (void)state;
  const char *text = "a,1,2\nbad,3,,x3\nc,4\nlong,0123456789012345678901234567890123456789x,1\nd,5,6\n";
  assert_int_equal(pl_series_lines_read_each(&pl_alloc_default, pl_str_of(text), &s, &err), 0);
  assert_true(s.n == 5 && s.n_values == 5);
  assert_true(s.list[0].bad == 0 && s.list[0].n == 2 && s.list[2].values[0] == 4 && s.list[4].values[1] == 6 && pl_str_eqc(s.list[4].id, "d"));
  assert_true(pl_str_eqc(s.list[1].id, "bad") && s.list[1].n == 0 && s.list[1].bad == 4);
  assert_int_equal(pl_series_lines_fault(&s.list[1], &err), PL_EPARSE);
  assert_string_equal(err.message, "line 2, field 4: \"x3\" is no number; a line is id,v1,v2,... and a missing value is left empty");
  err = (pl_error){0};
  assert_int_equal(pl_series_lines_fault(&s.list[3], &err), PL_EPARSE);
  assert_non_null(strstr(err.message, "line 4, field 2: \"0123456789012345678901234567890123456789...\" is no number"));
  pl_series_lines_fini(&s);
  err = (pl_error){0};
  assert_int_equal(pl_series_lines_read_each(&pl_alloc_default, pl_str_of("a,1\nb,\"2\n"), &s, &err), PL_EPARSE);
}

static int read_with(const pl_allocator *a, void *user)
{
  pl_series_lines s;
  pl_error err = {0};
  int code = pl_series_lines_read_each(a, *(pl_str *)user, &s, &err);
  pl_series_lines_fini(&s);
  return code;
}

static void memory_runs_out(void **state)
{
  pl_buf text;
  (void)state;
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  for (int i = 0; i < 100; i++)
    assert_int_equal(pl_buf_addf(&text, "\"series \"\"%d\"\"\",1,2,3,4,5,6,7,8,%s\n", i, i % 3 ? "9" : "bad"), 0);
  failing_every(read_with, &(pl_str){text.data, text.len}, 100);
  pl_buf_fini(&text);
}

static void an_id_has_a_limit(void **state)
{
  static char text[PL_SERIES_ID_MAX + 16];
  pl_series_lines s;
  pl_error err = {0};
  (void)state;
  memset(text, 'x', PL_SERIES_ID_MAX + 1);
  memcpy(text + PL_SERIES_ID_MAX + 1, ",1\n", 4);
  assert_int_equal(pl_series_lines_read(&pl_alloc_default, pl_str_of(text), &s, &err), PL_ELIMIT);
  assert_string_equal(err.message, "line 1: the id is longer than 4096 bytes");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_ragged_and_quoted), cmocka_unit_test(missing_values_are_nan_and_empty_ends_are_none),
      cmocka_unit_test(a_header_is_skipped),         cmocka_unit_test(bad_rows_are_named),
      cmocka_unit_test(a_bad_field_costs_its_line_alone),
      cmocka_unit_test(memory_runs_out),             cmocka_unit_test(an_id_has_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
