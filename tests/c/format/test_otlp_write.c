/* What is written is told again by the reader, and a buffer that is full spoils the message. */
#include "format/otlp_write.h"

#include <string.h>

#include "support/failing.h"

static pl_str text_of(const pl_buf *b)
{
  return (pl_str){b->data ? b->data : "", b->len};
}

static void on_resource(void *user, const pl_tag *tags, size_t n)
{
  for (size_t i = 0; i < n; i++)
    (void)pl_buf_addf(user, "[%.*s=%.*s]", (int)tags[i].name.len, tags[i].name.data, (int)tags[i].value.len, tags[i].value.data);
}

static int on_point(void *user, const pl_otlp_metric *m, const pl_otlp_point *p)
{
  pl_buf *out = user;
  (void)pl_buf_addf(out, "%.*s %.*s %d%s%s", (int)m->name.len, m->name.data, (int)m->unit.len, m->unit.data, (int)m->kind, m->monotonic ? "+" : "", m->delta ? "d" : "");
  for (size_t i = 0; i < p->n_tags; i++)
    (void)pl_buf_addf(out, " %.*s=%.*s", (int)p->tags[i].name.len, p->tags[i].name.data, (int)p->tags[i].value.len, p->tags[i].value.data);
  (void)pl_buf_addf(out, "@%lld ", (long long)p->time_ns);
  if (m->kind == PL_OTLP_SUMMARY)
    (void)pl_buf_addf(out, "%llu %g", (unsigned long long)p->count, p->sum);
  else
    (void)pl_buf_addf(out, "%g", p->value);
  for (size_t i = 0; i < p->n_quantiles; i++)
    (void)pl_buf_addf(out, " q%g=%g", p->quantiles[i].quantile, p->quantiles[i].value);
  return pl_buf_adds(out, ";");
}

typedef struct fixture {
  pl_buf attributes, points, metrics, out, told;
} fixture;

static void each_buf(fixture *f, bool init)
{
  pl_buf *bufs[] = {&f->attributes, &f->points, &f->metrics, &f->out, &f->told};
  for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) {
    if (init)
      pl_buf_init(bufs[i], &pl_alloc_default, 1 << 16);
    else
      pl_buf_fini(bufs[i]);
  }
}

static int set_up(void **state)
{
  static fixture f;
  each_buf(&f, true);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  each_buf(*state, false);
  return 0;
}

static void what_is_written_reads_back(void **state)
{
  static const double quantiles[] = {0.5, 0.99}, values[] = {1.5, 2.5};
  const pl_otlp_totals totals = {7, 10.5, quantiles, values, 2};
  const pl_otlp_events events = {.resource = on_resource, .point = on_point, .user = &((fixture *)*state)->told};
  fixture *f = *state;
  pl_otlp_put_attribute(&f->attributes, PL_STR("k"), PL_STR("v"));
  pl_otlp_put_attribute(&f->attributes, PL_STR("l"), PL_STR(""));
  pl_otlp_put_number(&f->points, text_of(&f->attributes), 5, INT64_C(1700000000000000001), 1.5);
  pl_otlp_put_number(&f->points, PL_STR(""), 5, 6, -2);
  pl_otlp_put_metric(&f->metrics, PL_STR("g"), PL_STR("By"), PL_OTLP_GAUGE, &f->points);
  assert_int_equal(f->points.len, 0);
  pl_otlp_put_number(&f->points, PL_STR(""), 5, 6, 3);
  pl_otlp_put_metric(&f->metrics, PL_STR("c_total"), PL_STR(""), PL_OTLP_SUM, &f->points);
  pl_otlp_put_summary(&f->points, text_of(&f->attributes), 5, 9, &totals);
  pl_otlp_put_metric(&f->metrics, PL_STR("d"), PL_STR("s"), PL_OTLP_SUMMARY, &f->points);
  pl_otlp_put_request(&f->out, PL_STR("perilune"), PL_STR("perilune"), &f->metrics);
  assert_int_equal(pl_otlp_read(&pl_alloc_default, text_of(&f->out), &events), PL_OK);
  assert_string_equal(pl_buf_cstr(&f->told), "[service.name=perilune]g By 1 k=v l=@1700000000000000001 1.5;g By 1@6 -2;c_total  2+@6 3;"
                                             "d s 5 k=v l=@9 7 10.5 q0.5=1.5 q0.99=2.5;");
}

static void what_is_full_is_no_message(void **state)
{
  fixture *f = *state;
  f->points.max = 16;
  pl_otlp_put_number(&f->points, PL_STR("some attributes"), 5, 6, 3);
  pl_otlp_put_metric(&f->metrics, PL_STR("g"), PL_STR(""), PL_OTLP_GAUGE, &f->points);
  pl_otlp_put_request(&f->out, PL_STR("perilune"), PL_STR("perilune"), &f->metrics);
  assert_int_equal(f->out.bad, PL_ELIMIT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_written_reads_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_full_is_no_message, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
