/* Lines in pieces, UTF-8, times. */
#include "format/lines.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "support/failing.h"

/* The lines of a text of which `step` bytes more are seen at a time, each behind its number. */
static void lines_of(const char *text, size_t len, size_t step, pl_buf *out)
{
  pl_lines l = {0};
  pl_buf held;
  pl_buf_init(&held, out->alloc, PL_LINE_MAX + 1 + step);
  pl_buf_clear(out);
  for (size_t at = 0; at < len || at == 0; at += step) {
    size_t n = step < len - at ? step : len - at;
    assert_int_equal(pl_buf_add(&held, text + at, n), PL_OK);
    pl_str rest = {held.data, held.len}, line;
    for (int found; (found = pl_lines_next(&l, &rest, at + n == len, &line)) != 0;)
      (void)pl_buf_addf(out, "%" PRIu64 "%s%.*s\n", l.number, found < 0 ? "!" : " ", (int)(found < 0 ? 1 : line.len), line.data);
    pl_buf_drop(&held, held.len - rest.len);
    if (at + n == len)
      break;
  }
  assert_int_equal(held.len, 0);
  pl_buf_fini(&held);
}

static void in_pieces_as_at_once(void **state)
{
  static const char text[] = "a\n\nbc\r\nlast";
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  for (size_t step = 1; step < sizeof text + 1; step++) {
    lines_of(text, sizeof text - 1, step, &out);
    assert_string_equal(pl_buf_cstr(&out), "1 a\n2 \n3 bc\r\n4 last\n");
  }
  lines_of("", 0, 1, &out);
  assert_string_equal(pl_buf_cstr(&out), "");
  pl_buf_fini(&out);
}

static void a_line_that_is_too_long_is_dropped(void **state)
{
  enum { LONG = PL_LINE_MAX + 5 };
  static char text[LONG + 8];
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  memset(text, 'x', LONG);
  memcpy(text + LONG, "\nb\n", 3);
  for (size_t step = 1000; step < 2 * sizeof text; step *= 2) {
    lines_of(text, LONG + 3, step, &out);
    assert_string_equal(pl_buf_cstr(&out), "1!x\n2 b\n");
  }
  lines_of(text, LONG, 1000, &out);
  assert_string_equal(pl_buf_cstr(&out), "1!x\n");
  pl_buf_fini(&out);
}

static void what_is_utf8(void **state)
{
  static const char *const good[] = {"", "plain ascii, more than eight", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xc3\xa4"};
  static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xe2\x82z", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xe4"};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(pl_utf8_valid(pl_str_of(good[i])));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(pl_utf8_valid(pl_str_of(bad[i])));
}

static void times(void **state)
{
  int64_t ns;
  (void)state;
  assert_true(pl_seconds_ns(PL_STR("1700000000.123456789"), &ns) && ns == INT64_C(1700000000123456789));
  assert_true(pl_seconds_ns(PL_STR("-1.5"), &ns) && ns == -1500000000);
  assert_true(pl_seconds_ns(PL_STR("+.25"), &ns) && ns == 250000000);
  assert_true(pl_seconds_ns(PL_STR("3."), &ns) && ns == 3000000000);
  assert_true(pl_seconds_ns(PL_STR("1.0000000019"), &ns) && ns == 1000000001);
  assert_true(pl_seconds_ns(PL_STR("1.5e9"), &ns) && ns == INT64_C(1500000000000000000));
  assert_false(pl_seconds_ns(PL_STR(""), &ns));
  assert_false(pl_seconds_ns(PL_STR("."), &ns));
  assert_false(pl_seconds_ns(PL_STR("-"), &ns));
  assert_false(pl_seconds_ns(PL_STR("1x"), &ns));
  assert_false(pl_seconds_ns(PL_STR("9223372037"), &ns));
  assert_false(pl_seconds_ns(PL_STR("1e10"), &ns));
  assert_true(pl_whole_ns(PL_STR("-5"), 1000000, &ns) && ns == -5000000);
  assert_false(pl_whole_ns(PL_STR("9223372036855"), 1000000, &ns));
  assert_false(pl_whole_ns(PL_STR("1.5"), 1, &ns));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(in_pieces_as_at_once), cmocka_unit_test(a_line_that_is_too_long_is_dropped), cmocka_unit_test(what_is_utf8), cmocka_unit_test(times)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
