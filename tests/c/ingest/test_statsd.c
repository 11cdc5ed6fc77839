/* StatsD's values: what becomes of each type in a second, and what is refused. */
#include "ingest/statsd.h"

#include "ingest/intake_fixture.h"

#define SECOND INT64_C(1000000000)
#define LABELS "{instance=here origin=production role=target source=statsd }"

typedef struct setting {
  fixture *f;
  pl_statsd *statsd;
} setting;

static int set_up(void **state)
{
  static setting s;
  (void)fixture_set_up((void **)&s.f);
  assert_int_equal(pl_statsd_new(&pl_alloc_default, s.f->feed, 7, &s.statsd, NULL), PL_OK);
  *state = &s;
  return 0;
}

static int tear_down(void **state)
{
  setting *s = *state;
  pl_statsd_free(s->statsd);
  return fixture_tear_down((void **)&s->f);
}

/* A datagram that comes to a receiver with that intake. */
static void take_by(setting *s, pl_intake *in, const char *datagram, int64_t now_ns)
{
  pl_lines lines = {.number = 0};
  pl_str text = pl_str_of(datagram);
  pl_statsd_take(s->statsd, in, &lines, &text, true, now_ns);
}

static void take(setting *s, const char *datagram, int64_t now_ns)
{
  take_by(s, s->f->intake, datagram, now_ns);
}

static uint64_t refused(const setting *s, enum pl_reason why)
{
  return pl_intake_counts_of(s->f->intake)->refused[why];
}

static void counters_are_sums_since_the_begin(void **state)
{
  setting *s = *state;
  take(s, "hits:1|c\nhits:2|c|@0.5\nhits:1:1|c", 5 * SECOND + 1);
  take(s, "hits:3|c", 5 * SECOND + 2);
  take(s, "hits:1|c", 6 * SECOND);
  pl_statsd_turn(s->statsd, 6 * SECOND + SECOND / 2); /* is not over */
  pl_statsd_flush(s->statsd, 6 * SECOND + SECOND / 2);
  assert_string_equal(fixture_series(s->f), "hits+" LABELS " 10@6000000000 11@6500000000");
  assert_true(pl_intake_counts_of(s->f->intake)->samples == 6);
}

static void nothing_is_written_of_seconds_without_values(void **state)
{
  setting *s = *state;
  take(s, "hits:1|c", SECOND);
  pl_statsd_turn(s->statsd, 2 * SECOND);
  pl_statsd_turn(s->statsd, 3 * SECOND);
  pl_statsd_flush(s->statsd, 9 * SECOND);
  assert_string_equal(fixture_series(s->f), "hits+" LABELS " 1@2000000000");
}

static void gauges_are_set_and_changed(void **state)
{
  setting *s = *state;
  take(s, "level:10|g\nlevel:-3|g\nlevel:+1|g", SECOND);
  take(s, "level:+2|g", 2 * SECOND);
  take(s, "level:0|g\nlevel:-5|g", 3 * SECOND);
  pl_statsd_flush(s->statsd, 4 * SECOND);
  assert_string_equal(fixture_series(s->f), "level" LABELS " 8@2000000000 10@3000000000 -5@4000000000");
}

static void sets_count_their_members_of_a_second(void **state)
{
  setting *s = *state;
  take(s, "users:ann|s\nusers:bob|s\nusers:ann|s\nothers:ann|s", SECOND);
  take(s, "users:ann|s", 2 * SECOND);
  pl_statsd_flush(s->statsd, 3 * SECOND);
  assert_string_equal(fixture_series(s->f), "others" LABELS " 1@2000000000" "users" LABELS " 2@2000000000 1@3000000000");
}

static void sets_are_bounded(void **state)
{
  setting *s = *state;
  char line[64];
  pl_fake_clock_advance(&s->f->clock, SECOND);
  for (int i = 0; i < PL_STATSD_MEMBERS + 2; i++) {
    (void)snprintf(line, sizeof line, "users:%d|s", i);
    take(s, line, SECOND);
  }
  assert_true(refused(s, PL_REASON_MEMBERS) == 2);
  take(s, "users:1|s", 2 * SECOND);
  pl_statsd_flush(s->statsd, 3 * SECOND);
  assert_string_equal(fixture_series(s->f), "users" LABELS " 100000@2000000000 1@3000000000");
}

typedef struct dists {
  int n;
  int64_t ts_ms[4];
  uint64_t count[4], min[4], max[4];
} dists;

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  dists *d = user;
  d->ts_ms[d->n] = ts_ms;
  d->count[d->n] = h->count;
  d->min[d->n] = pl_hist_quantile(h, 0);
  d->max[d->n++] = pl_hist_quantile(h, 1);
  return 0;
}

static dists dists_of(setting *s, int64_t series)
{
  dists d = {.n = 0};
  pl_reader *r;
  assert_int_equal(pl_store_commit(s->f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(s->f->store, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_dists(r, series, 7, 1, INT64_MIN, INT64_MAX, on_dist, &d, NULL), PL_OK);
  pl_reader_close(r);
  return d;
}

static void about(uint64_t got, double want)
{
  assert_true((double)got >= want * 0.999 && (double)got <= want * 1.001);
}

static void times_are_distributions_in_seconds(void **state)
{
  setting *s = *state;
  take(s, "answer:250|ms\nanswer:10:20|ms|@0.25", 5 * SECOND + 7);
  take(s, "answer:1000|ms", 6 * SECOND);
  pl_statsd_flush(s->statsd, 7 * SECOND);
  dists d = dists_of(s, 1);
  assert_int_equal(d.n, 2);
  assert_true(d.ts_ms[0] == 5000 && d.ts_ms[1] == 6000 && d.count[0] == 9 && d.count[1] == 1);
  about(d.min[0], 10e6);
  about(d.max[0], 250e6);
  about(d.min[1], 1e9);
}

static void histograms_are_taken_as_they_are(void **state)
{
  setting *s = *state;
  take(s, "size:0.5|h\nsize:2|h", SECOND);
  take(s, "width:4|d", SECOND);
  pl_statsd_flush(s->statsd, 2 * SECOND);
  dists size = dists_of(s, 1), width = dists_of(s, 2);
  assert_true(size.n == 1 && size.count[0] == 2 && width.n == 1 && width.count[0] == 1);
  about(size.min[0], 5e8);
  about(size.max[0], 2e9);
  about(width.max[0], 4e9);
}

static void tags_are_labels(void **state)
{
  setting *s = *state;
  take(s, "app.hits:1|c|#zone:b,urgent\napp.hits:1|c|#urgent,zone:b\napp.hits,zone=a:1|c", SECOND);
  pl_statsd_flush(s->statsd, 2 * SECOND);
  assert_string_equal(fixture_series(s->f), "app_hits+{instance=here origin=production role=target source=statsd urgent=true zone=b } 2@2000000000"
                                            "app_hits+{instance=here origin=production role=target source=statsd zone=a } 1@2000000000");
}

static void values_with_a_time_are_written_at_once(void **state)
{
  setting *s = *state;
  take(s, "level:4|g|T100\nhits:2|c|T101", 200 * SECOND);
  assert_string_equal(fixture_series(s->f), "hits+" LABELS " 2@101000000000" "level" LABELS " 4@100000000000");
}

static void what_cannot_be_kept_is_refused_by_its_reason(void **state)
{
  setting *s = *state;
  take(s, "a:1|c\nbroken\na:-1|c\nb:-1|ms\nb:4398047|ms\nb:1|ms|@0.0000001\nc:5000|h\na:1|g\nlong:1|c|#t:more than twenty bytes", SECOND);
  assert_true(refused(s, PL_REASON_LINE) == 1 && refused(s, PL_REASON_VALUE) == 5 && refused(s, PL_REASON_KIND) == 1 && refused(s, PL_REASON_LABELS) == 1);
  take(s, "d:1|c\ne:1|c\nf:1|c", SECOND);
  assert_true(refused(s, PL_REASON_SERIES) == 1);
  pl_statsd_flush(s->statsd, 2 * SECOND);
  assert_string_equal(fixture_series(s->f), "a+" LABELS " 1@2000000000" "d+" LABELS " 1@2000000000" "e+" LABELS " 1@2000000000");
}

/* One type and one sum, whichever receiver values come to; each counts its own. */
static void receivers_share_their_series(void **state)
{
  setting *s = *state;
  pl_intake *other;
  pl_intake_options o = fixture_options(s->f);
  assert_int_equal(pl_intake_new(&o, &other, NULL), PL_OK);
  take(s, "hits:1|c\nlevel:5|g", SECOND);
  take_by(s, other, "hits:2|c\nlevel:+1|g\nhits:3|ms\nlevel:1|s", SECOND);
  assert_true(refused(s, PL_REASON_KIND) == 0 && pl_intake_counts_of(other)->refused[PL_REASON_KIND] == 2);
  assert_true(pl_intake_counts_of(s->f->intake)->samples == 2 && pl_intake_counts_of(other)->samples == 2);
  pl_intake_free(other);
  pl_statsd_flush(s->statsd, 2 * SECOND);
  assert_string_equal(fixture_series(s->f), "hits+" LABELS " 3@2000000000" "level" LABELS " 6@2000000000");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(counters_are_sums_since_the_begin, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_is_written_of_seconds_without_values, set_up, tear_down),
      cmocka_unit_test_setup_teardown(gauges_are_set_and_changed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sets_count_their_members_of_a_second, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sets_are_bounded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(times_are_distributions_in_seconds, set_up, tear_down),
      cmocka_unit_test_setup_teardown(histograms_are_taken_as_they_are, set_up, tear_down),
      cmocka_unit_test_setup_teardown(tags_are_labels, set_up, tear_down),
      cmocka_unit_test_setup_teardown(values_with_a_time_are_written_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(receivers_share_their_series, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_cannot_be_kept_is_refused_by_its_reason, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
