/* OTLP's metrics: what is told of points of each kind, in protobuf and JSON, and messages that are none. */
#include "format/otlp_told.h"

static void say_tags(fixture *f, const pl_tag *tags, size_t n)
{
  for (size_t i = 0; i < n && i < PL_OTLP_TAGS; i++)
    say(f, "%.*s=%.*s ", (int)tags[i].name.len, tags[i].name.data, (int)tags[i].value.len, tags[i].value.data);
}

static void on_resource(void *user, const pl_tag *tags, size_t n)
{
  say(user, "[");
  say_tags(user, tags, n);
  say(user, "]");
}

static int on_point(void *user, const pl_otlp_metric *m, const pl_otlp_point *p)
{
  fixture *f = user;
  say(f, "%.*s %.*s %d%s%s{", (int)m->name.len, m->name.data, (int)m->unit.len, m->unit.data, (int)m->kind, m->monotonic ? "+" : "", m->delta ? "d" : "");
  say_tags(f, p->tags, p->n_tags);
  say(f, "}@%lld%s%s ", (long long)p->time_ns, p->no_value ? " none" : "", p->good ? "" : " bad");
  if (m->kind == PL_OTLP_GAUGE || m->kind == PL_OTLP_SUM)
    say(f, "%g;", p->value);
  else
    say(f, "%llu %g%s;", (unsigned long long)p->count, p->sum, p->has_sum ? "" : "?");
  for (size_t i = 0; i < p->n_bounds; i++)
    say(f, "%g:%llu ", p->bounds[i], (unsigned long long)p->counts[i]);
  if (m->kind == PL_OTLP_HISTOGRAM || m->kind == PL_OTLP_EXPONENTIAL)
    say(f, "inf:%llu;", (unsigned long long)p->counts[p->n_bounds]);
  for (size_t i = 0; i < p->n_quantiles; i++)
    say(f, "q%g=%g;", p->quantiles[i].quantile, p->quantiles[i].value);
  return 0;
}

static int on_exemplar(void *user, const pl_otlp_metric *m, const pl_otlp_point *p, const pl_exemplar *e)
{
  (void)m, (void)p;
  say(user, "#%g@%lld %s/%s ", e->value, (long long)e->time_ns, e->trace_id, e->span_id);
  say_tags(user, e->tags, e->n_tags);
  say(user, ";");
  return 0;
}

static int read_wire(fixture *f, size_t len)
{
  const pl_otlp_events events = {on_resource, on_point, f, on_exemplar};
  return pl_otlp_read(&pl_alloc_default, begin_telling(f, len), &events);
}

/* What is told of a metric's JSON inside a message; the code of a failure instead. */
static const char *told_of(fixture *f, const char *metric)
{
  char text[4096];
  (void)snprintf(text, sizeof text, "{\"resourceMetrics\":[{\"schemaUrl\":\"x\",\"scopeMetrics\":[{\"scope\":{\"name\":\"s\",\"attributes\":[{}]},\"metrics\":[%s]}],"
                 "\"resource\":{\"attributes\":[{\"key\":\"r\",\"value\":{\"stringValue\":\"1\"}}]}}]}", metric);
  return told_from(f, PL_OTLP_METRICS, text, read_wire);
}

static void numbers(void **state)
{
  assert_string_equal(told_of(*state, "{\"name\":\"m\",\"unit\":\"s\",\"gauge\":{\"dataPoints\":[{\"asDouble\":1.5,\"timeUnixNano\":\"1700000000000000001\","
                                      "\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}]}]}}"),
                      "[r=1 ]m s 1{k=v }@1700000000000000001 1.5;");
  assert_string_equal(told_of(*state, "{\"sum\":{\"dataPoints\":[{\"asInt\":\"-3\",\"timeUnixNano\":7},{\"asInt\":4,\"flags\":1}],\"isMonotonic\":true,"
                                      "\"aggregationTemporality\":1},\"name\":\"m\"}"),
                      "[r=1 ]m  2+d{}@7 -3;m  2+d{}@0 none 4;");
  assert_string_equal(told_of(*state, "{\"name\":\"m\",\"gauge\":{\"dataPoints\":[{\"asDouble\":\"NaN\"},{\"asDouble\":\"-Infinity\"},{\"asDouble\":\"2.5\"}]}}"),
                      "[r=1 ]m  1{}@0 nan;m  1{}@0 -inf;m  1{}@0 2.5;");
}

#define EXEMPLAR(value) \
  "\"exemplars\":[{\"timeUnixNano\":\"6\"," value ",\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"eee19b7ec3c1b174\"," \
  "\"filteredAttributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}]},{}]"
#define TOLD "@6 5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174 k=v ;#0@0 / ;"

static void exemplars_follow_their_point(void **state)
{
  assert_string_equal(told_of(*state, "{\"name\":\"m\",\"sum\":{\"dataPoints\":[{" EXEMPLAR("\"asInt\":\"-3\"") ",\"asInt\":1},{\"asInt\":2}]}}"),
                      "[r=1 ]m  2{}@0 1;#-3" TOLD "m  2{}@0 2;");
  assert_string_equal(told_of(*state, "{\"name\":\"m\",\"histogram\":{\"dataPoints\":[{\"count\":\"1\"," EXEMPLAR("\"asDouble\":1.5") "}]}}"),
                      "[r=1 ]m  3{}@0 1 0?;inf:1;#1.5" TOLD);
  assert_string_equal(told_of(*state, "{\"name\":\"m\",\"exponentialHistogram\":{\"dataPoints\":[{\"count\":\"0\"," EXEMPLAR("\"asDouble\":1.5") "}]}}"),
                      "[r=1 ]m  4{}@0 0 0?;0:0 inf:0;#1.5" TOLD);
}

static void attributes_are_texts(void **state)
{
  assert_string_equal(told_of(*state, "{\"name\":\"m\",\"gauge\":{\"dataPoints\":[{\"asInt\":1,\"attributes\":["
                                      "{\"key\":\"i\",\"value\":{\"intValue\":\"-7\"}},{\"key\":\"d\",\"value\":{\"doubleValue\":0.5}},{\"key\":\"b\",\"value\":{\"boolValue\":false}},"
                                      "{\"key\":\"l\",\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":1},{\"stringValue\":\"y\"},{}]}}},"
                                      "{\"key\":\"o\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{\"boolValue\":true}}]}}},{\"key\":\"e\",\"value\":{}}]}]}}"),
                      "[r=1 ]m  1{i=-7 d=0.5 b=false l=[1,\"y\",null] o={\"a\":true} e= }@0 1;");
}

static void histograms(void **state)
{
  assert_string_equal(told_of(*state, "{\"name\":\"h\",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{\"count\":\"6\",\"sum\":3.5,\"bucketCounts\":[\"1\",\"2\",3],"
                                      "\"explicitBounds\":[0.5,1],\"min\":0.1}]}}"),
                      "[r=1 ]h  3{}@0 6 3.5;0.5:1 1:2 inf:3;");
  assert_string_equal(told_of(*state, "{\"name\":\"h\",\"histogram\":{\"dataPoints\":[{\"count\":6}]}}"), "[r=1 ]h  3{}@0 6 0?;inf:6;");
  assert_string_equal(told_of(*state, "{\"name\":\"h\",\"histogram\":{\"dataPoints\":[{\"count\":6,\"bucketCounts\":[1,2],\"explicitBounds\":[1,2]}]}}"), "[r=1 ]h  3{}@0 bad 6 0?;inf:1;");
  assert_string_equal(told_of(*state, "{\"name\":\"h\",\"histogram\":{\"dataPoints\":[{\"count\":6,\"bucketCounts\":[1,2,3],\"explicitBounds\":[2,1]}]}}"), "[r=1 ]h  3{}@0 bad 6 0?;inf:1;");
  assert_string_equal(told_of(*state, "{\"name\":\"q\",\"summary\":{\"dataPoints\":[{\"count\":6,\"sum\":2,\"quantileValues\":[{\"quantile\":0.5,\"value\":2},{\"quantile\":1,\"value\":3}]}]}}"),
                      "[r=1 ]q  5{}@0 6 2;q0.5=2;q1=3;");
}

/* Scale 0: powers of two; scale 1: of its root; scale -1: of four. */
static void exponential_histograms_have_bounds(void **state)
{
  assert_string_equal(told_of(*state, "{\"name\":\"e\",\"exponentialHistogram\":{\"dataPoints\":[{\"count\":9,\"scale\":0,\"zeroCount\":2,\"positive\":{\"offset\":1,\"bucketCounts\":[\"3\",\"0\",4]}}]}}"),
                      "[r=1 ]e  4{}@0 9 0?;0:2 2:0 4:3 8:0 16:4 inf:0;");
  assert_string_equal(told_of(*state, "{\"name\":\"e\",\"exponentialHistogram\":{\"dataPoints\":[{\"count\":3,\"scale\":-1,\"negative\":{\"offset\":-1,\"bucketCounts\":[1,2]}}]}}"),
                      "[r=1 ]e  4{}@0 3 0?;-4:0 -1:2 -0.25:1 0:0 inf:0;");
  assert_string_equal(told_of(*state, "{\"name\":\"e\",\"exponentialHistogram\":{\"dataPoints\":[{\"count\":1,\"scale\":1,\"zeroThreshold\":0.5,\"zeroCount\":1,\"positive\":{\"offset\":1,\"bucketCounts\":[2]},\"negative\":{\"bucketCounts\":[0]}}]}}"),
                      "[r=1 ]e  4{}@0 1 0?;0.5:1 1.41421:0 2:2 inf:0;");
  assert_string_equal(told_of(*state, "{\"name\":\"e\",\"exponentialHistogram\":{\"dataPoints\":[{\"count\":1,\"scale\":0,\"positive\":{\"offset\":5000,\"bucketCounts\":[1]}}]}}"),
                      "[r=1 ]e  4{}@0 bad 1 0?;inf:0;");
  assert_string_equal(told_of(*state, "{\"name\":\"e\",\"exponentialHistogram\":{\"dataPoints\":[{\"count\":1,\"scale\":0,\"negative\":{\"offset\":\"9223372036854775807\",\"bucketCounts\":[1]}}]}}"),
                      "[r=1 ]e  4{}@0 bad 1 0?;inf:0;"); /* an offset has 32 bits */
  assert_string_equal(told_of(*state, "{\"name\":\"e\",\"exponentialHistogram\":{\"dataPoints\":[{\"count\":1,\"scale\":40}]}}"), "[r=1 ]e  4{}@0 bad 1 0?;inf:0;");
}

static void unknown_names_are_passed_over(void **state)
{
  assert_string_equal(told_of(*state, "{\"name\":\"m\",\"new\":{\"a\":[1,{\"b\":[]}]},\"other\":[[1]],\"gauge\":{\"dataPoints\":[{\"asInt\":1,\"examples\":[{\"traceId\":\"ab\"}]}]},\"unit\":null}"),
                      "[r=1 ]m  1{}@0 1;");
  assert_string_equal(told_of(*state, "{\"name\":\"nothing\"}"), "[r=1 ]");
}

static void other_json_is_refused(void **state)
{
  fixture *f = *state;
  static const struct {
    const char *text;
    int code;
  } cases[] = {{"", PL_EPARSE}, {"[]", PL_EPROTO}, {"3", PL_EPROTO}, {"{\"resourceMetrics\":[{\"resource\":3}]}", PL_EPROTO}, {"{\"resourceMetrics\":[", PL_EPARSE},
               {"{\"resourceMetrics\":{\"scopeMetrics\":{\"metrics\":{\"name\":3}}}}", PL_EPROTO}, {"{}", PL_OK},
               {"{\"resourceMetrics\":{\"scopeMetrics\":{\"metrics\":{\"name\":{}}}}}", PL_EPROTO}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_buf_clear(&f->wire);
    assert_int_equal(pl_otlp_from_json(&pl_alloc_default, PL_OTLP_METRICS, pl_str_of(cases[i].text), &f->wire, &f->faults, NULL), cases[i].code);
  }
  pl_buf small;
  pl_buf_init(&small, &pl_alloc_default, 4);
  assert_int_equal(pl_otlp_from_json(&pl_alloc_default, PL_OTLP_METRICS, PL_STR("{\"resourceMetrics\":{\"scopeMetrics\":{\"metrics\":{\"name\":\"long\"}}}}"), &small, &f->faults, NULL), PL_ELIMIT);
  pl_buf_fini(&small);
}

/* Of a message that is cut anywhere nothing is told. */
static void a_message_is_whole(void **state)
{
  fixture *f = *state;
  (void)told_of(f, "{\"name\":\"h\",\"histogram\":{\"dataPoints\":[{\"count\":\"6\",\"bucketCounts\":[1,5],\"explicitBounds\":[1]}]}}");
  only_whole_messages(f, read_wire);
}

static int without_memory(const pl_allocator *a, void *user)
{
  static fixture f;
  const pl_otlp_events events = {on_resource, on_point, &f, on_exemplar};
  pl_buf wire;
  (void)user;
  f.len = 0;
  pl_buf_init(&wire, a, 1 << 16);
  int code = pl_otlp_from_json(a, PL_OTLP_METRICS, PL_STR("{\"resourceMetrics\":{\"scopeMetrics\":{\"metrics\":{\"name\":\"m\",\"gauge\":{\"dataPoints\":{\"attributes\":{\"key\":\"k\",\"value\":{\"intValue\":1}}}}}}}}"), &wire, &f.faults, NULL);
  if (!code)
    code = pl_otlp_read(a, (pl_str){wire.data, wire.len}, &events);
  pl_buf_fini(&wire);
  return code;
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(without_memory, NULL, 60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(numbers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(exemplars_follow_their_point, set_up, tear_down),
      cmocka_unit_test_setup_teardown(attributes_are_texts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(histograms, set_up, tear_down),
      cmocka_unit_test_setup_teardown(exponential_histograms_have_bounds, set_up, tear_down),
      cmocka_unit_test_setup_teardown(unknown_names_are_passed_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(other_json_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_message_is_whole, set_up, tear_down),
      cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
