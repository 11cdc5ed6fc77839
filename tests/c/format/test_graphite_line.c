/* Graphite's plaintext protocol: paths, tags, and lines that are none. */
#include "format/graphite_line.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "format/told.h"
#include "support/failing.h"

static void expect(const char *text, const char *told)
{
  pl_buf out;
  pl_lines lines = {0};
  pl_str rest = pl_str_of(text);
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  const pl_text_events events = {told_point, told_refused, &out};
  assert_int_equal(pl_graphite_read(&lines, &rest, true, &events), PL_OK);
  assert_string_equal(pl_buf_cstr(&out), told);
  pl_buf_fini(&out);
}

static void paths_and_tags(void **state)
{
  (void)state;
  expect("servers.localhost.cpu.load 11 1435077219\n  disk.used;datacenter=dc1;rack=a=1 \t-4.5e3  1435077219.5 \r\n\nnow 1 -1\nbig +Inf 1",
         "1 servers.localhost.cpu.load{} 11 @1435077219000000000\n2 disk.used{datacenter=dc1,rack=a=1} -4500 @1435077219500000000\n4 now{} 1\n5 big{} +Inf @1000000000\n");
}

static void bad_lines_are_refused_alone(void **state)
{
  static const struct {
    const char *line, *reason;
  } cases[] = {
      {"a", "syntax"},       {"a 1", "syntax"},      {"a 1 2 3", "syntax"}, {";a=b 1 2", "name"},    {"a; 1 2", "label"},         {"a;b 1 2", "label"},     {"a;b= 1 2", "label"},
      {"a;=c 1 2", "label"}, {"a;b=~c 1 2", "label"}, {"a;b!=c 1 2", "label"}, {"a;b=1;b=2 1 2", "twice"}, {"a x 2", "value"},       {"a NaN 2", "value"},     {"a 1 x", "timestamp"},
      {"a\xff 1 2", "encoding"},
  };
  char text[128], told[128];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)snprintf(text, sizeof text, "b 1 1\n%s\nd 2 1\n", cases[i].line);
    (void)snprintf(told, sizeof told, "1 b{} 1 @1000000000\n2 refused %s\n3 d{} 2 @1000000000\n", cases[i].reason);
    expect(text, told);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(paths_and_tags), cmocka_unit_test(bad_lines_are_refused_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
