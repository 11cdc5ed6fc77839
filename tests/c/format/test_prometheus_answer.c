/* Answers of Prometheus' HTTP API. */
#include "format/prometheus_answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/failing.h"

typedef struct told {
  char text[2048]; /* "name=value,...: ts value, ..." */
  unsigned histograms;
  int stop; /* what sample returns */
} told;

static void say(told *t, pl_str text, const char *after)
{
  size_t at = strlen(t->text);
  (void)snprintf(t->text + at, sizeof t->text - at, "%.*s%s", (int)text.len, text.data, after);
}

static int on_series(void *user, const pl_tag *labels, size_t n)
{
  told *t = user;
  say(t, PL_STR("["), "");
  for (size_t i = 0; i < n; i++) {
    say(t, labels[i].name, "=");
    say(t, labels[i].value, ";");
  }
  say(t, PL_STR("]"), "");
  return 0;
}

static int on_sample(void *user, int64_t ts_ms, double value)
{
  told *t = user;
  char text[64];
  (void)snprintf(text, sizeof text, " %lld:%g", (long long)ts_ms, value);
  say(t, pl_str_of(text), "");
  return t->stop;
}

static void on_histogram(void *user)
{
  ((told *)user)->histograms++;
}

static void on_warning(void *user, pl_str text)
{
  say(user, PL_STR("!"), "");
  say(user, text, "!");
}

static int read_text(const pl_allocator *a, const char *text, told *t, pl_error *err)
{
  const pl_prometheus_events events = {on_series, on_sample, on_histogram, on_warning, t};
  return pl_prometheus_answer_read(a, pl_str_of(text), &events, err);
}

static void expect(const char *text, const char *what)
{
  told t = {0};
  pl_error err = {0};
  assert_int_equal(read_text(&pl_alloc_default, text, &t, &err), PL_OK);
  assert_string_equal(t.text, what);
}

static void refused(const char *text, int code, const char *why)
{
  told t = {0};
  pl_error err = {0};
  assert_int_equal(read_text(&pl_alloc_default, text, &t, &err), code);
  assert_non_null(strstr(err.message, why));
}

static const char matrix[] =
    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"up\",\"a\":\"x\\\"y\"},\"values\":[[1435781430.781,\"1\"],[1435781445,\"NaN\"],"
    "[1435781460,\"+Inf\"],[1435781475,\"-Inf\"],[1435781490,\"1.5e-3\"]]},{\"metric\":{},\"values\":[]}]},\"warnings\":[\"look\",\"out\"]}";

static void each_type_of_data_is_read(void **state)
{
  (void)state;
  expect(matrix, "[__name__=up;a=x\"y;] 1435781430781:1 1435781445000:nan 1435781460000:inf 1435781475000:-inf 1435781490000:0.0015[]!look!!out!");
  expect("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"b\"},\"value\":[1.5,\"2\"]},{\"metric\":{\"a\":\"c\"},\"value\":[2,\"3\"]}]}}",
         "[a=b;] 1500:2[a=c;] 2000:3");
  expect("{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1.5,\"2\"]}}", "[] 1500:2");
  expect("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}", "");
  /* What others add does not matter, nor does a result elsewhere. */
  expect("{\"isPartial\":false,\"status\":\"success\",\"other\":{\"result\":[{\"metric\":{\"a\":\"b\"},\"value\":[1,\"2\"]}]},\"data\":{\"stats\":{\"values\":[[1,\"2\"]]},\"result\":[]}}", "");
}

static void native_histograms_are_told_of(void **state)
{
  (void)state;
  told t = {0};
  assert_int_equal(read_text(&pl_alloc_default,
                             "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{},\"values\":[[1,\"2\"]],\"histograms\":[[1,{\"count\":\"1\",\"buckets\":[[0,\"1\",\"2\",\"3\"]]}]]}]}}", &t, NULL),
                   PL_OK);
  assert_int_equal(t.histograms, 1);
  assert_string_equal(t.text, "[] 1000:2");
}

static void errors_of_the_server_are_told(void **state)
{
  (void)state;
  refused("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error: no\"}", PL_EPROTO, "parse error: no");
  refused("{\"status\":\"error\"}", PL_EPROTO, "no answer of Prometheus");
  refused("{}", PL_EPROTO, "no answer of Prometheus");
  refused("<html>", PL_EPARSE, "");
}

static void what_is_malformed_is_refused(void **state)
{
  (void)state;
#define RESULT(text) "{\"status\":\"success\",\"data\":{\"result\":[" text "]}}"
  refused(RESULT("{\"values\":[[1,\"2\"]],\"metric\":{}}"), PL_EPROTO, "named before");
  refused(RESULT("{\"metric\":{},\"values\":[[\"1\",\"2\"]]}"), PL_EPROTO, "no pair");
  refused(RESULT("{\"metric\":{},\"values\":[[1,\"two\"]]}"), PL_EPROTO, "no pair");
  refused(RESULT("{\"metric\":{},\"values\":[[1e300,\"2\"]]}"), PL_EPROTO, "time");
  refused(RESULT("{\"metric\":{\"a\":1},\"values\":[]}"), PL_EPROTO, "no text");
}

static void labels_have_a_limit(void **state)
{
  char text[4096] = "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{";
  (void)state;
  for (int i = 0; i <= PL_PROMETHEUS_LABELS; i++)
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s\"l%d\":\"v\"", i ? "," : "", i);
  (void)snprintf(text + strlen(text), sizeof text - strlen(text), "}}]}}");
  refused(text, PL_ELIMIT, "more than 64 labels");
}

static void who_is_told_may_stop(void **state)
{
  told t = {.stop = PL_EFULL};
  (void)state;
  assert_int_equal(read_text(&pl_alloc_default, matrix, &t, NULL), PL_EFULL);
  assert_string_equal(t.text, "[__name__=up;a=x\"y;] 1435781430781:1");
}

static int read_with(const pl_allocator *a, void *user)
{
  told t = {0};
  (void)user;
  return read_text(a, matrix, &t, NULL);
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(read_with, NULL, 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_type_of_data_is_read), cmocka_unit_test(native_histograms_are_told_of), cmocka_unit_test(errors_of_the_server_are_told),
      cmocka_unit_test(what_is_malformed_is_refused), cmocka_unit_test(labels_have_a_limit), cmocka_unit_test(who_is_told_may_stop),
      cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
