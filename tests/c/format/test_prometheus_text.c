/* Prometheus text and OpenMetrics: what is told of good lines and of bad ones. */
#include "format/prometheus_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "format/told.h"
#include "support/failing.h"

static void put_labels(pl_buf *out, const pl_tag *labels, size_t n)
{
  for (size_t i = 0; i < n; i++)
    (void)pl_buf_addf(out, "%s%.*s=%.*s", i ? "," : "", (int)labels[i].name.len, labels[i].name.data, (int)labels[i].value.len, labels[i].value.data);
}

static void put_number(pl_buf *out, double v)
{
  char text[32];
  (void)pl_buf_add(out, text, pl_double_text(v, text));
}

/* "4 counter a_total{x=y} 1 @2 #{t=u} 3": a line of what was told. */
static int on_sample(void *user, const pl_prometheus_sample *s)
{
  pl_buf *out = user;
  const pl_prometheus_family *f = s->family;
  (void)pl_buf_addf(out, "%" PRIu64 " %s", s->line, pl_prometheus_type_name(PL_PROMETHEUS_OPENMETRICS, f->type));
  if (f->unit.len || f->help.len)
    (void)pl_buf_addf(out, "(%.*s|%.*s)", (int)f->unit.len, f->unit.data, (int)f->help.len, f->help.data);
  (void)pl_buf_addf(out, " %.*s{", (int)s->name.len, s->name.data);
  put_labels(out, s->labels, s->n_labels);
  (void)pl_buf_adds(out, "} ");
  put_number(out, s->value);
  if (s->has_time)
    (void)pl_buf_addf(out, " @%" PRId64, s->time_ns);
  if (s->exemplar) {
    (void)pl_buf_adds(out, " #{");
    put_labels(out, s->exemplar->tags, s->exemplar->n_tags);
    (void)pl_buf_adds(out, "} ");
    put_number(out, s->exemplar->value);
    if (s->exemplar->time_ns)
      (void)pl_buf_addf(out, " @%" PRId64, s->exemplar->time_ns);
  }
  return pl_buf_addc(out, '\n');
}

/* What is told of a text of which `step` bytes more are seen at a time. */
static void read_text(enum pl_prometheus_dialect d, const char *text, size_t step, pl_buf *out)
{
  pl_prometheus_events events = {on_sample, told_refused, out};
  pl_prometheus *p;
  size_t len = strlen(text), seen = 0, at = 0;
  pl_buf_clear(out);
  assert_int_equal(pl_prometheus_new(out->alloc, d, &events, &p), PL_OK);
  do {
    seen = step < len - seen ? seen + step : len;
    pl_str rest = {text + at, seen - at};
    assert_int_equal(pl_prometheus_read(p, &rest, seen == len), PL_OK);
    at = seen - rest.len;
  } while (seen < len);
  pl_prometheus_free(p);
}

static void expect(enum pl_prometheus_dialect d, const char *text, const char *told)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  for (size_t step = 1; step < 100; step += 7) {
    read_text(d, text, step == 1 ? strlen(text) : step, &out);
    assert_string_equal(pl_buf_cstr(&out), told);
  }
  pl_buf_fini(&out);
}

/* A line alone in text format. */
static void expect_line(const char *line, const char *told)
{
  expect(PL_PROMETHEUS_TEXT, line, told);
}

/* Lines of OpenMetrics, the end put behind them. */
static void expect_open(const char *text, const char *told)
{
  char whole[2048];
  size_t n = strlen(text);
  assert_true(n + 8 < sizeof whole);
  memcpy(whole, text, n);
  memcpy(whole + n, "# EOF\n", 7);
  expect(PL_PROMETHEUS_OPENMETRICS, whole, told);
}

/* The example of the format's own documentation. */
static void the_documented_example(void **state)
{
  (void)state;
  expect(PL_PROMETHEUS_TEXT,
         "# HELP http_requests_total The total number of HTTP requests.\n"
         "# TYPE http_requests_total counter\n"
         "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
         "http_requests_total{method=\"post\",code=\"400\"}    3 1395066363000\n"
         "\n"
         "# Escaping in label values:\n"
         "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find file:\\n\\\"FILE.TXT\\\"\"} 1.458255915e9\n"
         "\n"
         "# Minimalistic line:\n"
         "metric_without_timestamp_and_labels 12.47\n"
         "\n"
         "# A weird metric from before the epoch:\n"
         "something_weird{problem=\"division by zero\"} +Inf -3982045\n"
         "\n"
         "# A histogram, which has a pretty complex representation in the text format:\n"
         "# HELP http_request_duration_seconds A histogram of the request duration.\n"
         "# TYPE http_request_duration_seconds histogram\n"
         "http_request_duration_seconds_bucket{le=\"0.05\"} 24054\n"
         "http_request_duration_seconds_bucket{le=\"+Inf\"} 144320\n"
         "http_request_duration_seconds_sum 53423\n"
         "http_request_duration_seconds_count 144320\n"
         "\n"
         "# TYPE rpc_duration_seconds summary\n"
         "rpc_duration_seconds{quantile=\"0.99\"} 76656\n"
         "rpc_duration_seconds_sum 1.7560473e+07\n"
         "rpc_duration_seconds_count 2693\n"
         "other 1",
         "3 counter(|The total number of HTTP requests.) http_requests_total{method=post,code=200} 1027 @1395066363000000000\n"
         "4 counter(|The total number of HTTP requests.) http_requests_total{method=post,code=400} 3 @1395066363000000000\n"
         "7 unknown msdos_file_access_time_seconds{path=C:\\DIR\\FILE.TXT,error=Cannot find file:\n\"FILE.TXT\"} 1458255915\n"
         "10 unknown metric_without_timestamp_and_labels{} 12.47\n"
         "13 unknown something_weird{problem=division by zero} +Inf @-3982045000000\n"
         "18 histogram(|A histogram of the request duration.) http_request_duration_seconds_bucket{le=0.05} 24054\n"
         "19 histogram(|A histogram of the request duration.) http_request_duration_seconds_bucket{le=+Inf} 144320\n"
         "20 histogram(|A histogram of the request duration.) http_request_duration_seconds_sum{} 53423\n"
         "21 histogram(|A histogram of the request duration.) http_request_duration_seconds_count{} 144320\n"
         "24 summary rpc_duration_seconds{quantile=0.99} 76656\n"
         "25 summary rpc_duration_seconds_sum{} 17560473\n"
         "26 summary rpc_duration_seconds_count{} 2693\n"
         "27 unknown other{} 1\n");
}

static void what_text_format_allows(void **state)
{
  (void)state;
  expect_line("\t a \t{ b = \"c\" , d=\"\\x\\\\\" , }\t-1.5e-3\t17 \n", "1 unknown a{b=c,d=\\x\\} -0.0015 @17000000\n");
  expect_line("a{}1\n", "1 unknown a{} 1\n");
  expect_line("a{b=\"}\"} nan", "1 unknown a{b=}} NaN\n");
  expect_line("a +inf\na -Infinity\n:a_0:b 0", "1 unknown a{} +Inf\n2 unknown a{} -Inf\n3 unknown :a_0:b{} 0\n");
  expect_line("#\n#nothing\n# TYPES a gauge\n# EOF\na 1", "5 unknown a{} 1\n");
  expect_line("# HELP a x\\\\y\\nz\\q\n#\tTYPE\ta \tgauge \na 1\n# HELP b\nb 2\n", "3 gauge(|x\\y\nz\\q) a{} 1\n5 unknown b{} 2\n");
  expect_line("# UNIT a s\na{b=\"\xc3\xa4\"} 1", "2 unknown a{b=\xc3\xa4} 1\n");
  expect_line("# TYPE a untyped\na 1\na_total 2\n", "2 unknown a{} 1\n3 unknown a_total{} 2\n");
}

static void bad_lines_are_refused_alone(void **state)
{
  static const struct {
    const char *line, *reason;
  } cases[] = {
      {"1a 1", "name"},          {"{a=\"b\"} 1", "name"},         {"a", "value"},               {"a ", "value"},          {"a{b=\"c\"}", "value"},
      {"a{b=\"c\" 1", "label"},  {"a{b=c} 1", "label"},           {"a{=\"c\"} 1", "label"},     {"a{b} 1", "label"},      {"a{b=\"c} 1", "label"},
      {"a{b=\"c\\", "label"},    {"a{b:c=\"d\"} 1", "label"},     {"a{,} 1", "label"},          {"a{b=\"c\",,} 1", "label"}, {"a{b=\"1\",b=\"2\"} 1", "twice"},
      {"a{__name__=\"b\"} 1", "label"}, {"a 1 x", "timestamp"},   {"a 1 1.5", "timestamp"},     {"a 1 2 3", "syntax"},    {"a 0x1p3", "value"},
      {"a 1_000", "value"},      {"a 1e999", "value"},            {"a +nan", "value"},          {"a 1 9223372036855", "timestamp"}, {"a-b 1", "value"},
      {"a 1 # {x=\"y\"} 1", "syntax"}, {"a{b=\"\xff\"} 1", "encoding"}, {"# HELP a \xff", "encoding"}, {"# TYPE a", "syntax"}, {"# TYPE a thing", "type"},
      {"# TYPE 1a gauge", "name"}, {"# TYPE", "syntax"},          {"# TYPE a info", "type"},    {"a\r", "value"},
  };
  char text[256], told[256];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)snprintf(text, sizeof text, "before 1\n%s\nafter 2\n", cases[i].line);
    (void)snprintf(told, sizeof told, "1 unknown before{} 1\n2 refused %s\n3 unknown after{} 2\n", cases[i].reason);
    expect_line(text, told);
  }
  expect_line("# TYPE a gauge\n# TYPE a gauge\na 1\n# TYPE a counter\n", "2 refused twice\n3 gauge a{} 1\n4 refused twice\n");
  expect_line("a 1\n# TYPE a gauge\na 2\n", "1 unknown a{} 1\n2 refused order\n3 unknown a{} 2\n");
}

static void limits(void **state)
{
  pl_buf text;
  (void)state;
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  for (int more = 0; more < 2; more++) {
    pl_buf_clear(&text);
    (void)pl_buf_adds(&text, "a{");
    for (int i = 0; i < PL_LINE_TAGS + more; i++)
      (void)pl_buf_addf(&text, "l%d=\"\",", i);
    (void)pl_buf_adds(&text, "} 1\nb 1\n");
    pl_buf out;
    pl_buf_init(&out, &pl_alloc_default, 1 << 20);
    read_text(PL_PROMETHEUS_TEXT, pl_buf_cstr(&text), text.len, &out);
    assert_true(pl_str_starts((pl_str){out.data, out.len}, more ? PL_STR("1 refused labels\n2 unknown b") : PL_STR("1 unknown a{l0=,")));
    pl_buf_fini(&out);
  }
  pl_buf_clear(&text);
  (void)pl_buf_adds(&text, "a{b=\"");
  for (int i = 0; i < PL_LINE_MAX; i++)
    (void)pl_buf_addc(&text, 'x');
  (void)pl_buf_adds(&text, "\"} 1\nb 1\n");
  expect(PL_PROMETHEUS_TEXT, pl_buf_cstr(&text), "1 refused length\n2 unknown b{} 1\n");
  pl_buf_fini(&text);
}

static void every_type_of_openmetrics(void **state)
{
  (void)state;
  expect_open("# TYPE a counter\n# HELP a help\\n\\\"\\\\\na_total{x=\"y\"} 1.5 2.25 # {trace_id=\"z\"} 0.5 1.123456789\na_created{x=\"y\"} 1520430000.1\n",
              "3 counter(|help\n\"\\) a_total{x=y} 1.5 @2250000000 #{trace_id=z} 0.5 @1123456789\n4 counter(|help\n\"\\) a_created{x=y} 1520430000.1\n");
  expect_open("# TYPE a_seconds histogram\n# UNIT a_seconds seconds\na_seconds_bucket{le=\"0.5\"} 1 # {} 0.25\na_seconds_bucket{le=\"+Inf\"} 2\na_seconds_count 2\na_seconds_sum 1.5\na_seconds_created 1\n",
              "3 histogram(seconds|) a_seconds_bucket{le=0.5} 1 #{} 0.25\n4 histogram(seconds|) a_seconds_bucket{le=+Inf} 2\n5 histogram(seconds|) a_seconds_count{} 2\n"
              "6 histogram(seconds|) a_seconds_sum{} 1.5\n7 histogram(seconds|) a_seconds_created{} 1\n");
  expect_open("# TYPE a gaugehistogram\na_bucket{le=\"1\"} 3\na_gcount 3\na_gsum -1\n", "2 gaugehistogram a_bucket{le=1} 3\n3 gaugehistogram a_gcount{} 3\n4 gaugehistogram a_gsum{} -1\n");
  expect_open("# TYPE a summary\na{quantile=\"0.5\"} NaN\na_count 1\na_sum 2\n", "2 summary a{quantile=0.5} NaN\n3 summary a_count{} 1\n4 summary a_sum{} 2\n");
  expect_open("# TYPE a info\na_info{v=\"1\"} 1\n# TYPE b stateset\nb{b=\"on\"} 1\nb{b=\"off\"} 0\n# TYPE c unknown\nc 7\n# TYPE d gauge\nd -1\ne 3\n",
              "2 info a_info{v=1} 1\n4 stateset b{b=on} 1\n5 stateset b{b=off} 0\n7 unknown c{} 7\n9 gauge d{} -1\n10 unknown e{} 3\n");
  expect(PL_PROMETHEUS_OPENMETRICS, "# EOF", "");
}

static void what_openmetrics_refuses(void **state)
{
  static const struct {
    const char *lines, *told;
  } cases[] = {
      {"\na 1\n", "1 refused syntax\n2 unknown a{} 1\n"},
      {" a 1\n", "1 refused name\n"},
      {"a  1\n", "1 refused value\n"},
      {"a 1 \n", "1 refused syntax\n"},
      {"a 1\r\n", "1 refused value\n"},
      {"a{b=\"c\",} 1\n", "1 refused label\n"},
      {"a{ b=\"c\"} 1\n", "1 refused label\n"},
      {"# comment\n", "1 refused syntax\n"},
      {"#TYPE a gauge\n", "1 refused syntax\n"},
      {"# TYPE a untyped\n", "1 refused type\n"},
      {"# TYPE a counter\na 1\n", "2 refused type\n"},
      {"# TYPE a counter\na_total -1\na_total NaN\n", "2 refused value\n3 refused value\n"},
      {"# TYPE a gauge\na 1\n# TYPE a gauge\n", "2 gauge a{} 1\n3 refused twice\n"},
      {"# TYPE a gauge\na 1\n# HELP a late\n", "2 gauge a{} 1\n3 refused order\n"},
      {"a 1\nb 2\na 3\n", "1 unknown a{} 1\n2 unknown b{} 2\n3 refused order\n"},
      {"# TYPE a_s gauge\n# UNIT a_s ms\n", "2 refused type\n"},
      {"# TYPE a_s info\n# UNIT a_s s\n", "2 refused type\n"},
      {"# TYPE a info\na_info 2\n", "2 refused value\n"},
      {"# TYPE a stateset\na{x=\"y\"} 1\na{a=\"y\"} 2\n", "2 refused label\n3 refused value\n"},
      {"# TYPE a summary\na{quantile=\"1.5\"} 1\na 2\na{quantile=\"1\"} -2\n", "2 refused label\n3 refused label\n4 refused value\n"},
      {"# TYPE a histogram\na_bucket 1\na_bucket{le=\"NaN\"} 1\na_bucket{le=\"1\"} 1.5\na_count -1\na_sum NaN\n", "2 refused label\n3 refused label\n4 refused value\n5 refused value\n6 refused value\n"},
      {"# TYPE a gauge\na 1 # {x=\"y\"} 1\n", "2 refused exemplar\n"},
      {"# TYPE a counter\na_total 1 # {x=\"y\"}\na_total 1 # 1\na_total 1 # {x=\"y\"} z\na_total 1 # {x=\"y\"} 1 z\na_total 1 #{x=\"y\"} 1\n",
       "2 refused exemplar\n3 refused exemplar\n4 refused exemplar\n5 refused exemplar\n6 refused exemplar\n"},
      {"# TYPE a counter\na_total 1 # {x=\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"} 1\n", "2 refused exemplar\n"},
      {"a 1 x\n", "1 refused timestamp\n"},
      {"# EOF\na 1\n", "2 refused order\n3 refused order\n"},
      {"# EOF \n", "1 refused syntax\n"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_open(cases[i].lines, cases[i].told);
  expect(PL_PROMETHEUS_OPENMETRICS, "a 1\n", "1 unknown a{} 1\n1 refused end\n");
  expect(PL_PROMETHEUS_OPENMETRICS, "", "0 refused end\n");
}

static int stop(void *user, const pl_prometheus_sample *s)
{
  (void)user;
  return s->line == 2 ? PL_ECANCELED : PL_OK;
}

static void what_an_event_gives_ends_it(void **state)
{
  pl_prometheus_events events = {stop, told_refused, NULL};
  pl_prometheus *p;
  pl_str text = PL_STR("a 1\nb 2\nc 3\n");
  (void)state;
  assert_int_equal(pl_prometheus_new(&pl_alloc_default, PL_PROMETHEUS_TEXT, &events, &p), PL_OK);
  assert_int_equal(pl_prometheus_read(p, &text, true), PL_ECANCELED);
  assert_true(pl_str_eqc(text, "c 3\n"));
  pl_prometheus_free(p);
}

static int with_failing_memory(const pl_allocator *a, void *user)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  pl_prometheus_events events = {on_sample, told_refused, &out};
  pl_prometheus *p;
  pl_str text = PL_STR("# TYPE a_s counter\n# HELP a_s b\n# UNIT a_s s\na_s_total 1\n# EOF\n");
  (void)user;
  int code = pl_prometheus_new(a, PL_PROMETHEUS_OPENMETRICS, &events, &p);
  if (!code) {
    code = pl_prometheus_read(p, &text, true);
    pl_prometheus_free(p);
  }
  pl_buf_fini(&out);
  return code;
}

static void memory_that_runs_out(void **state)
{
  (void)state;
  failing_every(with_failing_memory, NULL, 30);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_documented_example),   cmocka_unit_test(what_text_format_allows),     cmocka_unit_test(bad_lines_are_refused_alone),
      cmocka_unit_test(limits),                   cmocka_unit_test(every_type_of_openmetrics),   cmocka_unit_test(what_openmetrics_refuses),
      cmocka_unit_test(what_an_event_gives_ends_it), cmocka_unit_test(memory_that_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
