/* Merging is exact: however the same requests are dealt to workers, and in whatever order their frames come, histograms, totals and
 * slowest requests are the same; and so are histograms that went through their stored form, as those of processes and machines do. */
#include "load/merging.h"

#include <stdlib.h>

#include "base/random.h"
#include "format/hdr.h"

enum { REQUESTS = 4000, WORKERS_MAX = 5, SECONDS = 23, NAMES = 3 };

typedef struct sent {
  uint64_t at, latency;
  int name, status;
} sent;

static int by_time(const void *a, const void *b)
{
  const sent *x = a, *y = b;
  return (x->at > y->at) - (x->at < y->at);
}

static void draw(sent *list)
{
  pl_rng rng;
  pl_rng_init(&rng, 3, 0, 0, 0);
  for (int i = 0; i < REQUESTS; i++) {
    list[i] = (sent){.at = START + pl_rng_below(&rng, SECONDS * PL_S_NS), .latency = (uint64_t)pl_rng_exponential(&rng, 3e7),
                     .name = (int)pl_rng_below(&rng, NAMES), .status = pl_rng_below(&rng, 50) ? 200 : 503};
  }
  qsort(list, REQUESTS, sizeof *list, by_time);
}

typedef struct whole {
  pl_hist latency;
  pl_merge_totals totals;
  pl_example_list slow[NAMES];
} whole;

static void record(pl_recorder *r, const sent *s)
{
  char name[2] = {(char)('a' + s->name), 0};
  uint32_t slot = pl_recorder_slot(r, 0, pl_str_of(name), PL_STR("GET"));
  if (pl_record_latency(r, s->at, slot, s->latency))
    pl_record_example(r, slot, &(pl_example){.latency_ns = s->latency, .end_ns = s->at});
  pl_record_outcome(r, s->at, slot, s->status, s->status < 400 ? PL_FAIL_NONE : PL_FAIL_STATUS, false);
  pl_scenario_counts *c = pl_record_counts(r, s->at, 0);
  c->planned++;
  c->started++;
  c->bytes_received += s->latency % 1000;
}

static void read_whole(const pl_merge *m, whole *out)
{
  pl_merge_totals_get(m, 0, &out->totals);
  assert_int_equal(pl_merge_hist(m, PL_STR("open"), (pl_str){"", 0}, PL_DIST_LATENCY, &out->latency), PL_OK);
  for (uint32_t i = 0; i < pl_merge_rows(m); i++) {
    pl_merge_row row;
    pl_merge_row_get(m, i, &row);
    if (row.key.name.len == 1)
      out->slow[row.key.name.data[0] - 'a'] = *pl_merge_examples(m, i);
  }
}

static void ignore_dist(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms, unsigned resolution_s, const pl_hist *h)
{
  (void)user, (void)key, (void)which, (void)ts_ms, (void)resolution_s, (void)h;
}

static void ignore_count(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value, const char *label2,
                         pl_str value2, int64_t ts_ms, double total)
{
  (void)user, (void)metric, (void)key, (void)label, (void)value, (void)label2, (void)value2, (void)ts_ms, (void)total;
}

static void ignore_gauge(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value)
{
  (void)user, (void)metric, (void)key, (void)ts_ms, (void)value;
}

static void ignore_examples(void *user, const pl_load_key *key, const pl_example_list *list, int64_t start_ms, uint64_t start_ns)
{
  (void)user, (void)key, (void)list, (void)start_ms, (void)start_ns;
}

/* The requests, dealt to n workers by chance; each ticks when it likes. */
static void play(const sent *list, unsigned n, uint64_t seed, whole *out)
{
  static given g;
  pl_recorder *r[WORKERS_MAX];
  pl_merge *merge;
  pl_rng rng;
  g = (given){0};
  pl_rng_init(&rng, seed, n, 0, 0);
  pl_recorder_options o = {.alloc = &pl_alloc_default, .plan = &plan, .handed = handed};
  for (unsigned i = 0; i < n; i++) {
    assert_int_equal(pl_recorder_new(&o, &r[i], NULL), PL_OK);
    pl_recorder_begin(r[i], START, 0);
  }
  pl_merge_options m = {.alloc = &pl_alloc_default, .plan = &plan, .recorders = r, .workers = n,
                        .sink = {ignore_dist, ignore_count, ignore_gauge, ignore_examples, on_second, on_done, &g}};
  assert_int_equal(pl_merge_new(&m, &merge, NULL), PL_OK);
  pl_merge_begin(merge, START_MS, START);
  for (int i = 0; i < REQUESTS; i++) {
    record(r[pl_rng_below(&rng, n)], &list[i]);
    if (pl_rng_below(&rng, 10) == 0)
      pl_recorder_tick(r[pl_rng_below(&rng, n)], list[i].at, &idle);
    if (pl_rng_below(&rng, 100) == 0)
      (void)pl_merge_run(merge);
  }
  for (unsigned i = 0; i < n; i++)
    pl_recorder_end(r[i], START + SECONDS * PL_S_NS, &idle);
  assert_true(pl_merge_run(merge));
  pl_hist_init(&out->latency, &pl_alloc_default);
  read_whole(merge, out);
  pl_merge_free(merge);
  for (unsigned i = 0; i < n; i++)
    pl_recorder_free(r[i]);
}

static void expect_same_hist(const pl_hist *a, const pl_hist *b)
{
  pl_buf x, y;
  pl_buf_init(&x, &pl_alloc_default, 1 << 20);
  pl_buf_init(&y, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_hdr_encode(a, &x), PL_OK);
  assert_int_equal(pl_hdr_encode(b, &y), PL_OK);
  assert_int_equal(x.len, y.len);
  assert_memory_equal(x.data, y.data, x.len);
  assert_true(a->count == b->count && a->min == b->min && a->max == b->max);
  pl_buf_fini(&x);
  pl_buf_fini(&y);
}

static void any_split_over_workers_gives_the_same(void **state)
{
  static sent list[REQUESTS];
  whole one, many;
  (void)state;
  draw(list);
  play(list, 1, 1, &one);
  assert_int_equal(one.latency.count, REQUESTS);
  for (unsigned n = 2; n <= WORKERS_MAX; n++) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
      play(list, n, seed, &many);
      expect_same_hist(&one.latency, &many.latency);
      assert_memory_equal(&one.totals, &many.totals, sizeof one.totals);
      for (int name = 0; name < NAMES; name++) {
        assert_int_equal(many.slow[name].n, PL_EXAMPLES);
        assert_memory_equal(one.slow[name].items, many.slow[name].items, sizeof one.slow[name].items);
      }
      pl_hist_fini(&many.latency);
    }
  }
  pl_hist_fini(&one.latency);
}

/* What several processes stored, second by second, read back and added up. */
static void stored_parts_add_up_to_the_whole(void **state)
{
  static sent list[REQUESTS];
  pl_hist all, sum, part[WORKERS_MAX];
  pl_rng rng;
  pl_buf stored;
  (void)state;
  draw(list);
  pl_rng_init(&rng, 8, 0, 0, 0);
  pl_hist_init(&all, &pl_alloc_default);
  pl_hist_init(&sum, &pl_alloc_default);
  pl_buf_init(&stored, &pl_alloc_default, 1 << 20);
  for (int w = 0; w < WORKERS_MAX; w++)
    pl_hist_init(&part[w], &pl_alloc_default);
  for (int i = 0; i < REQUESTS; i++) {
    pl_hist_record(&all, list[i].latency);
    pl_hist_record(&part[pl_rng_below(&rng, WORKERS_MAX)], list[i].latency);
  }
  for (int w = 0; w < WORKERS_MAX; w++) {
    pl_buf_clear(&stored);
    assert_int_equal(pl_hdr_encode(&part[w], &stored), PL_OK);
    assert_int_equal(pl_hdr_decode((pl_str){stored.data, stored.len}, &sum, NULL), PL_OK);
    pl_hist_fini(&part[w]);
  }
  assert_int_equal(sum.count, all.count);
  for (double p = 0.01; p < 1; p += 0.01)
    assert_int_equal(pl_hist_quantile(&sum, p), pl_hist_quantile(&all, p));
  pl_buf_fini(&stored);
  pl_hist_fini(&all);
  pl_hist_fini(&sum);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_split_over_workers_gives_the_same), cmocka_unit_test(stored_parts_add_up_to_the_whole)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
