/* Files that stay open and are read whole, and the words and lines of such texts. */
#include "sample/procfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/failing.h"
#include "support/temporary.h"

static void it_reads_what_is_there_now(void **state)
{
  temporary *t = *state;
  pl_procfile f;
  temporary_put(t, "stat", "one\n");
  assert_int_equal(pl_procfile_open(&f, &pl_alloc_default, t->folder, "stat"), PL_OK);
  assert_string_equal(pl_procfile_read(&f).data, "one\n");
  temporary_put(t, "stat", "another one\n");
  assert_string_equal(pl_procfile_read(&f).data, "another one\n");
  temporary_put(t, "stat", "");
  pl_str empty = pl_procfile_read(&f);
  assert_int_equal(empty.len, 0);
  assert_int_equal(empty.data[0], '\0');
  pl_procfile_close(&f);
  pl_procfile_close(&f); /* again: nothing */
}

/* /proc and /sys give no size before they are read: the buffer grows, up to 1 MiB. */
static void long_files_whole_up_to_a_limit(void **state)
{
  temporary *t = *state;
  enum { LONG = 100000, TOO_LONG = (1 << 20) + 100 };
  char *text = malloc(TOO_LONG + 1);
  pl_procfile f;
  memset(text, 'x', TOO_LONG);
  text[LONG] = '\0';
  temporary_put(t, "smaps", text);
  assert_int_equal(pl_procfile_open(&f, &pl_alloc_default, t->folder, "smaps"), PL_OK);
  assert_int_equal(pl_procfile_read(&f).len, LONG);
  text[LONG] = 'x';
  text[TOO_LONG] = '\0';
  temporary_put(t, "smaps", text);
  pl_str cut = pl_procfile_read(&f);
  assert_int_equal(cut.len, (1 << 20) - 1);
  assert_int_equal(cut.data[cut.len], '\0');
  pl_procfile_close(&f);
  free(text);
}

/* Whatever is known of a text's pieces, all of it is read: regular files longer than the buffer, and files of the kernel that come a page at a time. */
static void texts_in_pieces(void **state)
{
  temporary *t = *state;
  enum { LONG = 50000 };
  static const char *const files[] = {"vmstat", "stat", "net/udp", "self/smaps", "net/dev", "net/snmp"};
  static const int pieces[] = {80, PL_PIECE_WHOLE, 512, PL_PIECE_ANY, 512, PL_PIECE_WHOLE};
  char *text = malloc(LONG + 1);
  pl_procfile f, all;
  memset(text, 'x', LONG);
  text[LONG] = '\0';
  temporary_put(t, "long", text);
  assert_int_equal(pl_procfile_open(&f, &pl_alloc_default, t->folder, "long"), PL_OK);
  f.piece = PL_PIECE_WHOLE;
  assert_int_equal(pl_procfile_read(&f).len, LONG);
  pl_procfile_close(&f);
  free(text);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    if (pl_procfile_open(&f, &pl_alloc_default, "/proc", files[i]))
      continue;
    assert_int_equal(pl_procfile_open(&all, &pl_alloc_default, "/proc", files[i]), PL_OK);
    f.piece = pieces[i];
    pl_str quick = pl_procfile_read(&f), slow = pl_procfile_read(&all), line;
    long lines = 0;
    while ((line = pl_line_next(&quick)).data)
      lines++;
    while ((line = pl_line_next(&slow)).data)
      lines--;
    assert_in_range(labs(lines), 0, strcmp(files[i], "net/udp") == 0 || strcmp(files[i], "self/smaps") == 0 ? 100 : 0);
    pl_procfile_close(&f);
    pl_procfile_close(&all);
  }
}

static void numbers_of_a_line(void **state)
{
  (void)state;
  pl_str line = pl_str_of("  12\t18446744073709551615 99999999999999999999 0.25 x 7y -3 0");
  assert_true(pl_field_number(&line) == 12);
  assert_true(pl_field_number(&line) == 18446744073709551615.0);
  assert_true(pl_field_number(&line) == 1e20);
  assert_true(pl_field_number(&line) == 0.25);
  assert_true(pl_field_number(&line) == 0);
  assert_true(pl_field_number(&line) == 0);
  assert_true(pl_field_number(&line) == -3);
  assert_true(pl_field_number(&line) == 0);
  assert_int_equal(line.len, 0);
  assert_true(pl_field_number(&line) == 0);
}

static void what_cannot_be_opened(void **state)
{
  temporary *t = *state;
  char deep[5000];
  pl_procfile f;
  failing none;
  assert_int_equal(pl_procfile_open(&f, &pl_alloc_default, t->folder, "no_such"), PL_ENOENT);
  pl_procfile_close(&f);
  memset(deep, 'd', sizeof deep - 1);
  deep[sizeof deep - 1] = '\0';
  assert_int_equal(pl_procfile_open(&f, &pl_alloc_default, t->folder, deep), PL_ENOENT);
  temporary_put(t, "stat", "one\n");
  failing_init(&none, 1);
  assert_int_equal(pl_procfile_open(&f, &none.allocator, t->folder, "stat"), PL_ENOMEM);
  pl_procfile_close(&f);
  assert_int_equal(none.live, 0);
}

/* When the buffer cannot grow, what fitted is given. */
static void no_memory_to_grow(void **state)
{
  temporary *t = *state;
  char text[20001];
  pl_procfile f;
  failing one;
  memset(text, 'y', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  temporary_put(t, "smaps", text);
  failing_init(&one, 2);
  assert_int_equal(pl_procfile_open(&f, &one.allocator, t->folder, "smaps"), PL_OK);
  assert_in_range(pl_procfile_read(&f).len, 1, sizeof text - 2);
  pl_procfile_close(&f);
  assert_int_equal(one.live, 0);
}

static void words_and_numbers(void **state)
{
  pl_str line = PL_STR("  cpu0\t12 0.5 18446744073709551615 x");
  (void)state;
  assert_true(pl_str_eqc(pl_field_next(&line), "cpu0"));
  assert_true(pl_field_number(&line) == 12);
  assert_true(pl_field_number(&line) == 0.5);
  assert_true(pl_field_number(&line) == 18446744073709551615.0);
  assert_true(pl_field_number(&line) == 0); /* "x" */
  assert_int_equal(pl_field_next(&line).len, 0);
  assert_true(pl_field_number(&line) == 0);
}

static void words_of_a_list(void **state)
{
  (void)state;
  assert_true(pl_field_among(PL_STR("in"), "in"));
  assert_true(pl_field_among(PL_STR("curr"), " temp in  curr "));
  assert_false(pl_field_among(PL_STR("cur"), "temp curr"));
  assert_false(pl_field_among(PL_STR(""), "temp  curr"));
  assert_false(pl_field_among(PL_STR("temp curr"), "temp curr"));
  assert_true(pl_field_holds(PL_STR("sdb1[1](F)"), "(F)"));
  assert_false(pl_field_holds((pl_str){"sdb1[1](F)", 7}, "(F)"));
  assert_false(pl_field_holds((pl_str){NULL, 0}, "x"));
}

static void ranges_of_a_list(void **state)
{
  pl_str list = PL_STR("0-3,5,x,7-,-1\n");
  uint64_t first, last;
  (void)state;
  assert_true(pl_range_next(&list, &first, &last));
  assert_true(first == 0 && last == 3);
  assert_true(pl_range_next(&list, &first, &last));
  assert_true(first == 5 && last == 5);
  assert_false(pl_range_next(&list, &first, &last));
  list = PL_STR("");
  assert_false(pl_range_next(&list, &first, &last));
}

static void lines(void **state)
{
  pl_str text = PL_STR("a\n\nb"), ended = PL_STR("a\n"), none = {NULL, 0};
  (void)state;
  assert_true(pl_str_eqc(pl_line_next(&text), "a"));
  pl_str empty = pl_line_next(&text);
  assert_non_null(empty.data);
  assert_int_equal(empty.len, 0);
  assert_true(pl_str_eqc(pl_line_next(&text), "b"));
  assert_null(pl_line_next(&text).data);
  assert_true(pl_str_eqc(pl_line_next(&ended), "a"));
  assert_null(pl_line_next(&ended).data);
  assert_null(pl_line_next(&none).data);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temporary_set_up, temporary_tear_down)
  const struct CMUnitTest tests[] = {TEST(it_reads_what_is_there_now), TEST(long_files_whole_up_to_a_limit), TEST(what_cannot_be_opened),
                                     TEST(no_memory_to_grow), TEST(texts_in_pieces), cmocka_unit_test(numbers_of_a_line), cmocka_unit_test(words_and_numbers), cmocka_unit_test(words_of_a_list), cmocka_unit_test(ranges_of_a_list), cmocka_unit_test(lines)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
