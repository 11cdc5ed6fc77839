/* Lines in pieces, refusals, tags, times. */
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

/* "ok", "no" which is refused, "end" which ends the reading. */
static int on_line(void *reader, pl_str line, uint64_t number)
{
  (void)pl_buf_addf(reader, "%" PRIu64 " %.*s\n", number, (int)line.len, line.data);
  return pl_str_eqc(line, "no") ? PL_REFUSED_VALUE : pl_str_eqc(line, "end") ? PL_ELIMIT : PL_OK;
}

static int on_refused(void *user, const pl_refused *r)
{
  (void)pl_buf_addf(user, "%" PRIu64 " refused %s %zu\n", r->line, pl_refusal_name(r->reason), r->text.len);
  return r->line == 4 ? PL_EIO : PL_OK;
}

static void lines_that_are_refused_are_told(void **state)
{
  static char text[PL_LINE_MAX + 64] = "ok\nno\nok\nno\nok\nend\n";
  size_t begin = strlen(text);
  pl_lines l = {0};
  pl_buf out;
  (void)state;
  memset(text + begin, 'x', PL_LINE_MAX + 1);
  memcpy(text + begin + PL_LINE_MAX + 1, "\nok", 4);
  pl_str rest = pl_str_of(text);
  pl_buf_init(&out, &pl_alloc_default, 1 << 10);
  const pl_line_reader to = {on_line, &out, on_refused, &out};
  assert_int_equal(pl_lines_read(&l, &rest, false, &to), PL_EIO);
  assert_true(pl_str_starts(rest, PL_STR("ok\nend\nx")));
  assert_int_equal(pl_lines_read(&l, &rest, false, &to), PL_ELIMIT);
  assert_true(pl_str_starts(rest, PL_STR("xxx")));
  assert_int_equal(pl_lines_read(&l, &rest, false, &to), PL_OK);
  assert_true(pl_str_eqc(rest, "ok"));
  assert_int_equal(pl_lines_read(&l, &rest, true, &to), PL_OK);
  assert_string_equal(pl_buf_cstr(&out), "1 ok\n2 no\n2 refused value 2\n3 ok\n4 no\n4 refused value 2\n5 ok\n6 end\n7 refused length 65537\n8 ok\n");
  pl_buf_fini(&out);
}

static void a_line_has_each_tag_once(void **state)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  pl_tag tags[PL_LINE_TAGS];
  size_t n = 0;
  (void)state;
  assert_int_equal(pl_tags_add(tags, &n, (pl_tag){{"", 0}, PL_STR("v")}), PL_REFUSED_TAG);
  for (size_t i = 0; i < PL_LINE_TAGS; i++) {
    assert_int_equal(n, i);
    assert_false(pl_tags_have(tags, n, (pl_str){letters + i, 1}));
    assert_int_equal(pl_tags_add(tags, &n, (pl_tag){{letters + i, 1}, {"", 0}}), PL_OK);
    assert_true(pl_tags_have(tags, n, (pl_str){letters + i, 1}));
  }
  assert_int_equal(pl_tags_add(tags, &n, (pl_tag){PL_STR("a"), PL_STR("v")}), PL_REFUSED_TWICE);
  assert_int_equal(pl_tags_add(tags, &n, (pl_tag){PL_STR("ab"), PL_STR("v")}), PL_REFUSED_TAGS);
  assert_int_equal(n, PL_LINE_TAGS);
  assert_int_equal(tags[0].value.len, 0);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(in_pieces_as_at_once), cmocka_unit_test(a_line_that_is_too_long_is_dropped), cmocka_unit_test(lines_that_are_refused_are_told),
                                   cmocka_unit_test(a_line_has_each_tag_once), cmocka_unit_test(times)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
