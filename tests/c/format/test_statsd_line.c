/* StatsD and DogStatsD: each type and extension, and lines that are none. */
#include "format/statsd_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "format/told.h"
#include "support/failing.h"

static int on_sample(void *user, const pl_statsd_sample *s)
{
  pl_buf *out = user;
  char text[32];
  (void)pl_buf_addf(out, "%" PRIu64 " %d %.*s[", s->line, (int)s->type, (int)s->name.len, s->name.data);
  for (size_t i = 0; i < s->n_tags; i++)
    (void)pl_buf_addf(out, "%s%.*s=%.*s", i ? "|" : "", (int)s->tags[i].name.len, s->tags[i].name.data, (int)s->tags[i].value.len, s->tags[i].value.data);
  (void)pl_buf_addf(out, "] %.*s ", (int)s->text.len, s->text.data);
  (void)pl_buf_add(out, text, pl_double_text(s->value, text));
  (void)pl_buf_addf(out, "%s", s->relative ? " relative" : "");
  if (s->rate < 1)
    (void)pl_buf_addf(out, " @%g", s->rate);
  return s->has_time ? pl_buf_addf(out, " T%" PRId64 "\n", s->time_ns) : pl_buf_addc(out, '\n');
}

static void expect(const char *text, const char *told)
{
  pl_buf out;
  pl_lines lines = {0};
  pl_str rest = pl_str_of(text);
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  const pl_statsd_events events = {on_sample, told_refused, &out};
  assert_int_equal(pl_statsd_read(&lines, &rest, true, &events), PL_OK);
  assert_string_equal(pl_buf_cstr(&out), told);
  pl_buf_fini(&out);
}

static void every_type(void **state)
{
  (void)state;
  expect("gorets:1|c\ngaugor:333|g\ngaugor:-10|g\ngaugor:+4|g\nglork:320|ms|@0.1\nuniques:765 x|s\nsize:1.5|h\nspan:2|d\n",
         "1 0 gorets[] 1 1\n2 1 gaugor[] 333 333\n3 1 gaugor[] -10 -10 relative\n4 1 gaugor[] +4 4 relative\n5 2 glork[] 320 320 @0.1\n6 5 uniques[] 765 x NaN\n"
         "7 3 size[] 1.5 1.5\n8 4 span[] 2 2\n");
}

static void extensions(void **state)
{
  (void)state;
  expect("users.online:1|c|#country:china,environment:production,urgent|@0.5|T1656581400|c:83c0a99c|card:low",
         "1 0 users.online[country=china|environment=production|urgent=] 1 1 @0.5 T1656581400000000000\n");
  expect("page:1:2.5:-3|d|#a:b:c\r\n", "1 4 page[a=b:c] 1 1\n1 4 page[a=b:c] 2.5 2.5\n1 4 page[a=b:c] -3 -3\n");
  expect("users,region=eu,zone=b:5|g|#tier:x,", "1 1 users[region=eu|zone=b|tier=x] 5 5\n");
  expect("_e{5,4}:title|text\n_sc|name|0\n\na:1|c", "4 0 a[] 1 1\n");
}

static void bad_lines_are_refused_whole(void **state)
{
  static const struct {
    const char *line, *reason;
  } cases[] = {
      {":1|c", "name"},      {"a", "syntax"},           {"a:1", "syntax"},         {"a|c", "syntax"},          {"a:1|x", "type"},      {"a:1|", "type"},        {"a:x|c", "value"},
      {"a:|c", "value"},     {"a:1:|d", "value"},       {"a:1:x|d", "value"},      {"a:1|c|@0", "value"},      {"a:1|c|@2", "value"},  {"a:1|c|@x", "value"},   {"a:1|c|", "syntax"},
      {"a:1|c|#:b", "label"}, {"a:1|c|#b:1,b:2", "twice"}, {"a:1|c|Tx", "timestamp"}, {"a:|s", "value"},       {"a,=b:1|c", "label"},  {"a\xff:1|c", "encoding"},
  };
  char text[128], told[128];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)snprintf(text, sizeof text, "b:1|c\n%s\nd:2|c\n", cases[i].line);
    (void)snprintf(told, sizeof told, "1 0 b[] 1 1\n2 refused %s\n3 0 d[] 2 2\n", cases[i].reason);
    expect(text, told);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_type), cmocka_unit_test(extensions), cmocka_unit_test(bad_lines_are_refused_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
