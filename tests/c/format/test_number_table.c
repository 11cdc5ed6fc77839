/* Numbers out of text: what a row is, which column is which, what is refused and where. */
#include "format/number_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "support/failing.h"

static void read_text(const char *text, pl_numbers_want want, pl_numbers *out)
{
  pl_error err = {0};
  int code = pl_numbers_read(&pl_alloc_default, pl_str_of(text), &want, out, &err);
  assert_string_equal(err.message, "");
  assert_int_equal(code, 0);
}

static void refuses(const char *text, pl_numbers_want want, const char *message)
{
  pl_numbers t;
  pl_error err = {0};
  assert_int_equal(pl_numbers_read(&pl_alloc_default, pl_str_of(text), &want, &t, &err), PL_EPARSE);
  assert_string_equal(err.message, message);
  assert_true(t.n == 0 && !t.values);
}

static void one_a_line(void **state)
{
  pl_numbers t;
  (void)state;
  read_text("\xef\xbb\xbf# three\n1\r\n\n 2.5 \n-3e2", (pl_numbers_want){0}, &t);
  assert_true(t.n == 3 && t.values[0] == 1 && t.values[1] == 2.5 && t.values[2] == -300 && !t.times && !t.name[0]);
  pl_numbers_fini(&t);
  read_text("", (pl_numbers_want){0}, &t);
  assert_int_equal(t.n, 0);
  read_text("\n# nothing", (pl_numbers_want){0}, &t);
  assert_int_equal(t.n, 0);
}

static void times_and_values(void **state)
{
  pl_numbers t;
  (void)state;
  read_text("timestamp,value\n1700000000,1\n2023-11-14T22:13:21Z,2\n", (pl_numbers_want){0}, &t);
  assert_true(t.n == 2 && t.times[0] == 1700000000000000000 && t.times[1] == 1700000001000000000 && strcmp(t.name, "value") == 0);
  pl_numbers_fini(&t);
  read_text("2023-11-14;1.5\n2023-11-15 06:30;2\n", (pl_numbers_want){0}, &t);
  assert_true(t.n == 2 && t.values[1] == 2 && t.times[0] == 1699920000000000000 && t.times[1] == 1700029800000000000);
  pl_numbers_fini(&t);
  read_text("time\tcpu\n1700000000\t1\n", (pl_numbers_want){0}, &t);
  assert_true(t.n == 1 && strcmp(t.name, "cpu") == 0);
  pl_numbers_fini(&t);
}

static void columns_by_name(void **state)
{
  const pl_str names[] = {PL_STR("n"), PL_STR("throughput")};
  pl_numbers t;
  (void)state;
  read_text("Throughput,\"N\",note\n100,1,a\n190,2,\"b,c\"\n", (pl_numbers_want){.columns = names, .n = 2}, &t);
  assert_true(t.n == 2 && t.width == 2 && t.values[0] == 1 && t.values[1] == 100 && t.values[2] == 2 && t.values[3] == 190);
  pl_numbers_fini(&t);
  refuses("a,throughput\n1,2\n", (pl_numbers_want){.columns = names, .n = 2}, "line 1: no column is named n; the header is a,throughput");
  refuses("1,2\n", (pl_numbers_want){.columns = names, .n = 2}, "line 1: there is no header with the column n");
  refuses("n,n,throughput\n", (pl_numbers_want){.columns = names, .n = 2}, "line 1: two columns are named n");
}

static void bad_rows_have_their_line(void **state)
{
  (void)state;
  refuses("1\nx\n", (pl_numbers_want){0}, "line 2: \"x\" is no number");
  refuses("nan\n", (pl_numbers_want){0}, "line 1: \"nan\" is no number");
  refuses("1\ninf\n", (pl_numbers_want){.missing = true}, "line 2: \"inf\" is no number");
  refuses("# a\n\ntimestamp,value\n1,2\nyesterday,3\n", (pl_numbers_want){0}, "line 5: \"yesterday\" is no moment (ISO 8601, or seconds since 1970)");
  refuses("timestamp,value\n1,2,3\n", (pl_numbers_want){0}, "line 2: 3 fields, and the first row has 2");
  refuses("timestamp,value\n1,\n", (pl_numbers_want){0}, "line 2: a value is missing");
  refuses("timestamp,a,b\n1,2,3\n", (pl_numbers_want){0}, "line 1: several columns (timestamp,a,b) and none is named value; say which one by its name");
  refuses("1,2,3\n", (pl_numbers_want){0}, "line 1: several columns and no header that names them; write timestamp,value above them");
  refuses("time\n1\n", (pl_numbers_want){0}, "line 1: the header has no column of values");
}

static void missing_and_refused_rows(void **state)
{
  pl_numbers t;
  (void)state;
  read_text("timestamp,value\n1,5\n2,\n3,NA\n4,x\n5,7\n", (pl_numbers_want){.missing = true, .lenient = true}, &t);
  assert_true(t.n == 4 && isnan(t.values[1]) && isnan(t.values[2]) && t.values[3] == 7 && t.times[3] == 5000000000);
  assert_true(t.n_bad == 1 && t.bad[0].line == 5);
  assert_string_equal(t.bad[0].why, "\"x\" is no number");
  pl_numbers_fini(&t);
}

static void many_refused_rows_are_counted(void **state)
{
  pl_buf text;
  pl_numbers t;
  (void)state;
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  for (int i = 0; i < 150; i++)
    assert_int_equal(pl_buf_adds(&text, "1\nx\n"), 0);
  read_text(pl_buf_cstr(&text), (pl_numbers_want){.lenient = true}, &t);
  assert_true(t.n == 150 && t.n_bad == 150 && t.bad[PL_NUMBERS_REFUSED - 1].line == 200);
  pl_numbers_fini(&t);
  pl_buf_fini(&text);
}

static void rows_come_in_order(void **state)
{
  pl_numbers t;
  (void)state;
  read_text("timestamp,value\n3,30\n1,10\n3,31\n2,20\n1,11\n", (pl_numbers_want){.ordered = true}, &t);
  assert_true(t.n == 3 && t.again == 2 && t.values[0] == 11 && t.values[1] == 20 && t.values[2] == 31 && t.times[2] == 3000000000);
  pl_numbers_fini(&t);
}

static int read_with(const pl_allocator *a, void *text)
{
  pl_numbers t;
  pl_error err = {0};
  int code = pl_numbers_read(a, *(const pl_str *)text, &(pl_numbers_want){.lenient = true, .ordered = true}, &t, &err);
  if (!code)
    assert_true(t.n == 2);
  pl_numbers_fini(&t);
  return code;
}

static void times_are_kept_as_written(void **state)
{
  pl_numbers t;
  (void)state;
  read_text("value,timestamp\n1, 2023-11-14 22:13\r\n2,1700000000.5\n3,\"2023-11-15\"", (pl_numbers_want){.spelled = true}, &t);
  assert_int_equal(t.n, 3);
  assert_true(pl_str_eq(t.spelled[0], PL_STR("2023-11-14 22:13")) && pl_str_eq(t.spelled[1], PL_STR("1700000000.5")));
  assert_true(pl_str_eq(t.spelled[2], PL_STR("\"2023-11-15\"")));
  pl_numbers_fini(&t);
  read_text("5\n6\n", (pl_numbers_want){.spelled = true}, &t);
  assert_true(t.n == 2 && !t.spelled);
  pl_numbers_fini(&t);
}

static void memory_runs_out(void **state)
{
  pl_str text = PL_STR("timestamp,value\n3,30\n1,10\n3,\"31\"\nx,y\n");
  (void)state;
  failing_every(read_with, &text, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_a_line),
      cmocka_unit_test(times_and_values),
      cmocka_unit_test(columns_by_name),
      cmocka_unit_test(bad_rows_have_their_line),
      cmocka_unit_test(missing_and_refused_rows),
      cmocka_unit_test(many_refused_rows_are_counted),
      cmocka_unit_test(rows_come_in_order),
      cmocka_unit_test(times_are_kept_as_written),
      cmocka_unit_test(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
