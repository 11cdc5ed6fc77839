/* Classic histograms as distributions: what came between two scrapes, where it lies, what is refused. */
#include "ingest/bucket_dists.h"

#include <math.h>

#include "ingest/intake_fixture.h"

#define SECOND INT64_C(1000000000)

typedef struct setting {
  fixture *f;
  pl_bucket_dists *dists;
  pl_hist all; /* what is stored, merged */
  int n;       /* how many distributions */
  int64_t last_ms;
} setting;

static int set_up(void **state)
{
  static setting s;
  s = (setting){.n = 0};
  (void)fixture_set_up((void **)&s.f);
  pl_hist_init(&s.all, &pl_alloc_default);
  s.dists = pl_bucket_dists_new(&pl_alloc_default, s.f->intake);
  *state = &s;
  return 0;
}

static int tear_down(void **state)
{
  setting *s = *state;
  pl_bucket_dists_free(s->dists);
  pl_hist_fini(&s->all);
  return fixture_tear_down((void **)&s->f);
}

static uint32_t find(setting *s, const char *name, const char *le)
{
  pl_label labels[] = {{PL_STR("le"), pl_str_of(le)}, {PL_STR("a"), PL_STR("1")}};
  const pl_intake_series series = {.source = PL_STR("scrape"), .name = pl_str_of(name), .labels = labels, .n_labels = 2, .kind = PL_SERIES_COUNTER};
  return pl_bucket_dists_find(s->dists, &series);
}

/* A scrape of h with buckets 1, 2 and +Inf. */
static void scrape(setting *s, int64_t at_s, double one, double two, double all)
{
  pl_bucket_dists_put(s->dists, find(s, "h_bucket", "+Inf"), all);
  pl_bucket_dists_put(s->dists, find(s, "h_bucket", "2.0"), two);
  pl_bucket_dists_put(s->dists, find(s, "h_bucket", "1.0"), one);
  pl_bucket_dists_turn(s->dists, at_s * SECOND + 5);
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  setting *s = user;
  s->n++;
  s->last_ms = ts_ms;
  return pl_hist_add(&s->all, h);
}

static int on_series(void *user, const pl_series_info *info)
{
  void **pair = user;
  setting *s = pair[0];
  assert_true(pl_str_eqc(info->name, "h"));
  assert_int_equal(info->kind, PL_SERIES_DIST);
  return pl_reader_dists(pair[1], info->id, 7, 1, INT64_MIN, INT64_MAX, on_dist, s, NULL);
}

/* Reads what is stored. */
static void look(setting *s)
{
  pl_reader *r;
  pl_hist_clear(&s->all);
  s->n = 0;
  assert_int_equal(pl_store_commit(s->f->store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(s->f->store, &r, NULL), PL_OK);
  void *pair[] = {s, r};
  assert_int_equal(pl_reader_series(r, PL_STR(""), NULL, 0, 7, on_series, pair, NULL), PL_OK);
  pl_reader_close(r);
}

static uint64_t refused(const setting *s, enum pl_reason why)
{
  return pl_intake_counts_of(s->f->intake)->refused[why];
}

static void what_came_between_scrapes_is_a_distribution(void **state)
{
  setting *s = *state;
  scrape(s, 10, 100, 200, 200); /* since its begin: nobody knows when */
  scrape(s, 15, 104, 206, 207);
  scrape(s, 20, 104, 206, 207); /* nothing came */
  look(s);
  assert_int_equal(s->n, 1);
  assert_int_equal(s->last_ms, 15000);
  /* Four values even over (0, 1], two over (1, 2], one beyond, which counts as 2. */
  assert_int_equal(s->all.count, 7);
  assert_int_equal(s->all.min, 125000000);
  assert_int_equal(s->all.max, 2000000000);
  assert_true(fabs(s->all.sum / 1e9 - (0.125 + 0.375 + 0.625 + 0.875 + 1.25 + 1.75 + 2)) < 1e-6);
}

static void many_values_lie_even(void **state)
{
  setting *s = *state;
  scrape(s, 1, 0, 0, 0);
  scrape(s, 2, 100000, 100000, 100000);
  look(s);
  assert_int_equal(s->all.count, 100000);
  assert_true(fabs(s->all.sum / 1e9 / 100000 - 0.5) < 1e-3);
}

static void a_histogram_that_began_anew_counts_from_zero(void **state)
{
  setting *s = *state;
  scrape(s, 1, 5, 5, 9);
  scrape(s, 2, 1, 3, 3);
  look(s);
  assert_int_equal(s->all.count, 3);
}

static void what_is_no_histogram_is_refused(void **state)
{
  setting *s = *state;
  scrape(s, 1, 0, 0, 0);
  scrape(s, 2, 3, 2, 4); /* counts down */
  assert_int_equal(refused(s, PL_REASON_BUCKETS), 1);
  scrape(s, 3, 5, 5, 5); /* there is none before to compare with */
  pl_bucket_dists_put(s->dists, find(s, "h_bucket", "1.0"), 6);
  pl_bucket_dists_turn(s->dists, 4 * SECOND); /* others are missing */
  assert_int_equal(refused(s, PL_REASON_BUCKETS), 2);
  assert_int_equal(find(s, "h_bucket", "x"), 0);
  assert_int_equal(find(s, "h_bucket", "NaN"), 0);
  assert_int_equal(refused(s, PL_REASON_BUCKETS), 4);
  assert_int_equal(find(s, "h_count", "1"), 0);
  assert_int_equal(find(s, "_bucket", "1"), 0);
  assert_int_equal(refused(s, PL_REASON_BUCKETS), 4);
  look(s);
  assert_int_equal(s->n, 0);
}

static void values_are_those_of_distributions(void **state)
{
  static const char *const bounds[] = {"-1", "5000"};
  setting *s = *state;
  for (size_t i = 0; i < 2; i++) {
    const char *name = i ? "y_bucket" : "x_bucket";
    uint32_t low = find(s, name, bounds[i]), all = find(s, name, "+Inf");
    for (int scrape_ = 1; scrape_ <= 2; scrape_++) {
      pl_bucket_dists_put(s->dists, low, scrape_);
      pl_bucket_dists_put(s->dists, all, scrape_);
      pl_bucket_dists_turn(s->dists, scrape_ * SECOND);
    }
  }
  assert_int_equal(refused(s, PL_REASON_BUCKETS), 3);
}

static void new_buckets_begin_a_new_count(void **state)
{
  setting *s = *state;
  scrape(s, 1, 0, 0, 0);
  uint32_t half = find(s, "h_bucket", "0.5");
  assert_int_equal(find(s, "h_bucket", "0.5"), half);
  pl_bucket_dists_put(s->dists, half, 1);
  scrape(s, 2, 2, 2, 2);
  pl_bucket_dists_put(s->dists, half, 2);
  scrape(s, 3, 4, 4, 4);
  look(s);
  assert_int_equal(s->all.count, 2);
  assert_int_equal(s->last_ms, 3000);
}

/* A target that began anew with other bounds: its old ones never come again. */
static void buckets_that_are_gone_are_part_of_the_next(void **state)
{
  setting *s = *state;
  uint32_t one = find(s, "h_bucket", "1"), two = find(s, "h_bucket", "2"), all = find(s, "h_bucket", "+Inf");
  scrape(s, 1, 5, 5, 5);
  for (int scraped = 2; scraped <= 3; scraped++) {
    pl_bucket_dists_put(s->dists, two, scraped * 10);
    pl_bucket_dists_put(s->dists, all, scraped * 10);
    pl_bucket_dists_turn(s->dists, scraped * SECOND);
  }
  look(s);
  assert_int_equal(s->n, 2);
  assert_int_equal(s->all.count, 25);
  scrape(s, 4, 31, 31, 31); /* the first is back: what it counted before is not known */
  scrape(s, 5, 32, 32, 32);
  look(s);
  assert_int_equal(s->n, 3);
  assert_int_equal(s->all.count, 26);
  assert_int_equal(refused(s, PL_REASON_BUCKETS), 0);
  assert_int_equal(find(s, "h_bucket", "1"), one);
}

static void a_histogram_has_so_many_buckets(void **state)
{
  setting *s = *state;
  char le[16];
  for (int i = 0; i <= PL_BUCKETS_OF_ONE; i++) {
    (void)snprintf(le, sizeof le, "%d", i);
    assert_int_equal(find(s, "h_bucket", le), i < PL_BUCKETS_OF_ONE ? i + 1 : 0);
  }
  assert_int_equal(refused(s, PL_REASON_SERIES), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(what_came_between_scrapes_is_a_distribution), TEST(many_values_lie_even), TEST(a_histogram_that_began_anew_counts_from_zero),
      TEST(what_is_no_histogram_is_refused), TEST(values_are_those_of_distributions), TEST(new_buckets_begin_a_new_count),
      TEST(buckets_that_are_gone_are_part_of_the_next),
      TEST(a_histogram_has_so_many_buckets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
