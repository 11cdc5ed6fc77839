/* Parcels: what a format makes of series and samples. */
#include "ingest/parcel.h"

#include <math.h>
#include <string.h>

#include "format/otlp.h"
#include "ingest/parcel_fixture.h"

static const pl_label labels[] = {{PL_STR("Zone"), PL_STR("b")}, {PL_STR("job"), PL_STR("a")}};

static void put(pl_parcel *p, bool first)
{
  const pl_parcel_series s = {.name = PL_STR("up_total"), .family = PL_STR("up_total"), .unit = PL_STR("seconds"), .type = PL_REMOTE_COUNTER, .monotonic = true,
                              .first = first, .labels = labels, .n_labels = 2};
  pl_parcel_series_begin(p, &s);
  pl_parcel_sample(p, INT64_C(1700000000123456789), 1);
  pl_parcel_sample(p, INT64_C(1700000001000000000), NAN);
}

/* Labels stand sorted, the name among them; a family is told of once. */
static void remote_write_has_names_among_labels(void **state)
{
  (void)state;
  pl_parcel p;
  pl_buf text;
  pl_buf_init(&text, &pl_alloc_default, 4096);
  pl_parcel_init(&p, &pl_alloc_default, pl_parcel_format_of("remote_write"), 1 << 20);
  for (int i = 0; i < 2; i++) {
    pl_parcel_clear(&p);
    put(&p, i == 0);
    assert_int_equal(pl_parcel_seal(&p), PL_OK);
    assert_int_equal(p.samples, 2);
    assert_int_equal(p.n_series, 1);
    assert_true(p.first_ns == INT64_C(1700000000123456789) && p.last_ns == INT64_C(1700000001000000000));
    parcel_text(&p, &text);
    assert_string_equal(pl_buf_cstr(&text), i ? "{Zone=b,__name__=up_total,job=a} 1@1700000000123 nan@1700000001000"
                                              : "<1 up_total seconds>{Zone=b,__name__=up_total,job=a} 1@1700000000123 nan@1700000001000");
    pl_buf_clear(&text);
  }
  pl_parcel_fini(&p);
  pl_buf_fini(&text);
}

static const pl_parcel_second seconds[] = {{INT64_C(1700000001000000000), {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 7, 8}}};

static void put_summary(pl_parcel *p)
{
  const pl_parcel_series s = {.name = PL_STR("d"), .family = PL_STR("d"), .unit = PL_STR("seconds"), .type = PL_REMOTE_SUMMARY, .first = true, .labels = labels, .n_labels = 1};
  pl_parcel_summary(p, &s, seconds, 1);
}

/* The body that a format makes of a counter and a summary. */
static const char *body_of(pl_parcel *p, const char *format)
{
  pl_parcel_init(p, &pl_alloc_default, pl_parcel_format_of(format), 1 << 20);
  put(p, true);
  put_summary(p);
  assert_int_equal(pl_parcel_seal(p), PL_OK);
  return pl_buf_cstr(&p->body);
}

/* InfluxDB has no value that is not finite, and no summaries. */
static void lines_of_influx(void **state)
{
  (void)state;
  pl_parcel p;
  const char *text = body_of(&p, "influx");
  assert_ptr_equal(strstr(text, "up_total,Zone=b,job=a value=1 1700000000123456789\nd,Zone=b,quantile=0.5 value=0.1 1700000001000000000\n"), text);
  assert_non_null(strstr(text, "\nd_sum,Zone=b value=7 1700000001000000000\nd_count,Zone=b value=8 1700000001000000000\n"));
  assert_int_equal(p.left_out, 1);
  assert_int_equal(p.samples, 9);
  pl_parcel_fini(&p);
}

/* Prometheus text without times, which a Pushgateway refuses. */
static void text_of_a_push(void **state)
{
  (void)state;
  pl_parcel p;
  const char *text = body_of(&p, "push");
  assert_ptr_equal(strstr(text, "# TYPE up_total counter\nup_total{Zone=\"b\",job=\"a\"} 1\n"), text);
  assert_non_null(strstr(text, "\n# TYPE d summary\nd{Zone=\"b\",quantile=\"0.5\"} 0.1\n"));
  assert_non_null(strstr(text, "\nd_sum{Zone=\"b\"} 7\nd_count{Zone=\"b\"} 8\n"));
  pl_parcel_fini(&p);
}

static const pl_label hard[] = {{PL_STR("a"), PL_STR("~x y;z,w|v#u\n")}, {PL_STR("b"), PL_STR("plain")}};

/* A value of -2 under labels that are hard to write. */
static const char *hard_body(pl_parcel *p, const char *format)
{
  const pl_parcel_series s = {.name = PL_STR("g:h"), .family = PL_STR("g:h"), .unit = PL_STR(""), .type = PL_REMOTE_GAUGE, .labels = hard, .n_labels = 2};
  pl_parcel_init(p, &pl_alloc_default, pl_parcel_format_of(format), 1 << 20);
  pl_parcel_series_begin(p, &s);
  pl_parcel_sample(p, INT64_C(1700000001999999999), -2.5);
  pl_parcel_sample(p, INT64_C(1700000002000000000), HUGE_VAL);
  assert_int_equal(pl_parcel_seal(p), PL_OK);
  assert_int_equal(p->left_out, 1);
  return pl_buf_cstr(&p->body);
}

static void lines_of_graphite(void **state)
{
  (void)state;
  pl_parcel p;
  assert_string_equal(hard_body(&p, "graphite"), "g:h;a=_x_y_z,w|v#u_;b=plain -2.5 1700000001\n");
  pl_parcel_fini(&p);
}

/* A negative gauge would be a change. */
static void lines_of_statsd(void **state)
{
  (void)state;
  pl_parcel p;
  assert_string_equal(hard_body(&p, "statsd"), "g_h:0|g|#a:~x_y;z_w_v_u_,b:plain\ng_h:-2.5|g|#a:~x_y;z_w_v_u_,b:plain\n");
  pl_parcel_clear(&p);
  pl_parcel_series_begin(&p, &(pl_parcel_series){.name = PL_STR("g")});
  pl_parcel_sample(&p, 0, -0.0);
  assert_string_equal(pl_buf_cstr(&p.body), "g:0|g\ng:-0|g\n");
  pl_parcel_fini(&p);
}

static int on_point(void *user, const pl_otlp_metric *m, const pl_otlp_point *q)
{
  return pl_buf_addf(user, "%.*s %.*s %d %zu %zu %g;", (int)m->name.len, m->name.data, (int)m->unit.len, m->unit.data, (int)m->kind, q->n_tags, q->n_quantiles,
                     m->kind == PL_OTLP_SUMMARY ? q->sum : q->value);
}

static void on_resource(void *user, const pl_tag *tags, size_t n)
{
  for (size_t i = 0; i < n; i++)
    (void)pl_buf_addf(user, "[%.*s=%.*s]", (int)tags[i].name.len, tags[i].name.data, (int)tags[i].value.len, tags[i].value.data);
}

/* OpenTelemetry has summaries, and units of its own; a job is a service of its own. */
static void metrics_of_otlp(void **state)
{
  (void)state;
  pl_parcel p;
  pl_buf told;
  const pl_otlp_events events = {.resource = on_resource, .point = on_point, .user = &told};
  pl_buf_init(&told, &pl_alloc_default, 4096);
  (void)body_of(&p, "otlp");
  assert_int_equal(pl_otlp_read(&pl_alloc_default, (pl_str){p.body.data, p.body.len}, &events), PL_OK);
  assert_string_equal(pl_buf_cstr(&told), "[service.name=a]up_total s 2 1 0 1;up_total s 2 1 0 nan;[service.name=perilune]d s 5 1 6 7;");
  assert_int_equal(p.samples, 10);
  pl_buf_fini(&told);
  pl_parcel_fini(&p);
}

static void a_body_has_a_most(void **state)
{
  (void)state;
  pl_parcel p;
  pl_parcel_init(&p, &pl_alloc_default, pl_parcel_format_of("remote_write"), 32);
  put(&p, true);
  assert_int_equal(pl_parcel_seal(&p), PL_ELIMIT);
  pl_parcel_fini(&p);
}

static void formats_have_names(void **state)
{
  (void)state;
  assert_null(pl_parcel_format_of("remote"));
  assert_non_null(strstr(pl_parcel_formats(), "remote_write"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(remote_write_has_names_among_labels),
      cmocka_unit_test(lines_of_influx),
      cmocka_unit_test(text_of_a_push),
      cmocka_unit_test(lines_of_graphite),
      cmocka_unit_test(lines_of_statsd),
      cmocka_unit_test(metrics_of_otlp),
      cmocka_unit_test(a_body_has_a_most),
      cmocka_unit_test(formats_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
