/* HdrHistogram logs: those of its own tests, of each version, and ours read again. */
#include "format/hdr_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "support/failing.h"

typedef struct told {
  pl_hist all, tagged;
  size_t n, refused;
  int64_t first_ns, last_ns, last_length_ns;
  enum pl_refusal reason;
  uint64_t line;
} told;

static int on_interval(void *user, const pl_hdr_interval *i)
{
  told *t = user;
  if (t->n++ == 0)
    t->first_ns = i->start_ns;
  t->last_ns = i->start_ns;
  t->last_length_ns = i->length_ns;
  return pl_hist_add(i->tag.len ? &t->tagged : &t->all, i->hist);
}

static int on_refused(void *user, const pl_refused *r)
{
  told *t = user;
  t->refused++;
  t->reason = r->reason;
  t->line = r->line;
  return 0;
}

static void told_fini(told *t)
{
  pl_hist_fini(&t->all);
  pl_hist_fini(&t->tagged);
}

static int read_text(const pl_allocator *a, pl_str text, uint64_t unit_ns, told *t)
{
  pl_hdr_events events = {on_interval, on_refused, t};
  pl_hdr_log *l;
  memset(t, 0, sizeof *t);
  pl_hist_init(&t->all, a);
  pl_hist_init(&t->tagged, a);
  int code = pl_hdr_log_new(a, unit_ns, &events, &l);
  if (code)
    return code;
  code = pl_hdr_log_read(l, &text, true);
  pl_hdr_log_free(l);
  return code;
}

static void read_file(const char *name, told *t)
{
  char path[512];
  static char text[1 << 16];
  (void)snprintf(path, sizeof path, "%s/c/format/hdr_log/%s", TEST_SOURCE_DIR, name);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t n = fread(text, 1, sizeof text, f);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(read_text(&pl_alloc_default, (pl_str){text, n}, 1, t), PL_OK);
  assert_int_equal(t->refused, 0);
}

/* These have two digits, so that a value may lie anywhere in 1 % below what their reader shows. */
static void assert_near(uint64_t ours, uint64_t theirs)
{
  if (ours > theirs || ours < theirs - theirs / 100)
    fail_msg("%" PRIu64 " is not in 1 %% below %" PRIu64, ours, theirs);
}

static void logs_of_each_version(void **state)
{
  static const struct {
    const char *name;
    size_t intervals;
    uint64_t total, p99_9, max;
    int64_t start_ns;
  } cases[] = {
      {"v0.hlog", 81, 61256, 1510998015, 1569718271, INT64_C(1438869961225000000)},
      {"v1.hlog", 88, 65964, 1829765119, 1888485375, INT64_C(1438867590285000000)},
      {"v2.hlog", 62, 48761, 1745879039, 1796210687, INT64_C(1441812279474000000)},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    told t;
    read_file(cases[i].name, &t);
    assert_int_equal(t.n, cases[i].intervals);
    assert_int_equal(t.all.count, cases[i].total);
    assert_near(pl_hist_quantile(&t.all, 0.999), cases[i].p99_9);
    assert_near(t.all.max, cases[i].max);
    assert_true(t.first_ns > cases[i].start_ns && t.first_ns < cases[i].start_ns + 200000000);
    told_fini(&t);
  }
}

static void tags(void **state)
{
  told t;
  (void)state;
  read_file("tagged.hlog", &t);
  assert_int_equal(t.n, 42);
  assert_int_equal(t.all.count + t.tagged.count, 32290);
  for (int p = 1; p < 100; p++)
    assert_true(pl_hist_quantile(&t.all, p / 100.0) == pl_hist_quantile(&t.tagged, p / 100.0));
  told_fini(&t);
}

static void written_and_read_again(void **state)
{
  pl_buf text, scratch[2];
  pl_hist h;
  told t;
  (void)state;
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  pl_buf_init(&scratch[0], &pl_alloc_default, 1 << 20);
  pl_buf_init(&scratch[1], &pl_alloc_default, 1 << 20);
  pl_hist_init(&h, &pl_alloc_default);
  for (uint64_t i = 1; i < 10000; i++)
    pl_hist_record(&h, i * i);
  const pl_hdr_interval i = {.tag = PL_STR("a;b=c"), .start_ns = INT64_C(1700000000500000000), .length_ns = 1000000000, .hist = &h};
  assert_int_equal(pl_hdr_log_head(&text, INT64_C(1700000000000000000)), PL_OK);
  assert_int_equal(pl_hdr_log_line(&text, &i, scratch), PL_OK);
  assert_int_equal(read_text(&pl_alloc_default, (pl_str){text.data, text.len}, 1, &t), PL_OK);
  assert_int_equal(t.n, 1);
  assert_true(t.first_ns == i.start_ns && t.last_length_ns == i.length_ns);
  assert_int_equal(t.tagged.count, h.count);
  for (int p = 1; p < 1000; p++)
    assert_true(pl_hist_index(pl_hist_quantile(&t.tagged, p / 1000.0)) == pl_hist_index(pl_hist_quantile(&h, p / 1000.0)));
  told_fini(&t);
  assert_int_equal(read_text(&pl_alloc_default, (pl_str){text.data, text.len}, 1000, &t), PL_OK);
  assert_near(pl_hist_quantile(&t.tagged, 0.5), 1000 * pl_hist_highest(pl_hist_index(pl_hist_quantile(&h, 0.5))));
  told_fini(&t);
  pl_hist_fini(&h);
  pl_buf_fini(&text);
  pl_buf_fini(&scratch[0]);
  pl_buf_fini(&scratch[1]);
}

static void base_times(void **state)
{
  static const struct {
    const char *head;
    int64_t first_ns;
  } cases[] = {
      {"#[StartTime: 1700000000.5 (seconds since epoch)]\n", INT64_C(1700000002000000000)},
      {"#[StartTime: 1700000000 (seconds since epoch), x]\n#[BaseTime: 100 (seconds since epoch)]\n", 101500000000},
      {"#[BaseTime: 1700000000 (seconds since epoch)]\n", INT64_C(1700000001500000000)},
      {"#[StartTime: 10 (seconds since epoch)]\n", 1500000000},
      {"", 1500000000},
  };
  (void)state;
  static char line[4096];
  pl_buf text, scratch[2];
  pl_hist h;
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  pl_buf_init(&scratch[0], &pl_alloc_default, 1 << 20);
  pl_buf_init(&scratch[1], &pl_alloc_default, 1 << 20);
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record(&h, 5);
  assert_int_equal(pl_hdr_log_line(&text, &(pl_hdr_interval){.start_ns = 1500000000, .length_ns = 1000000000, .hist = &h}, scratch), PL_OK);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    told t;
    (void)snprintf(line, sizeof line, "%s%s", cases[i].head, pl_buf_cstr(&text));
    assert_int_equal(read_text(&pl_alloc_default, pl_str_of(line), 1, &t), PL_OK);
    assert_int_equal(t.n, 1);
    assert_true(t.first_ns == cases[i].first_ns);
    told_fini(&t);
  }
  pl_hist_fini(&h);
  pl_buf_fini(&text);
  pl_buf_fini(&scratch[0]);
  pl_buf_fini(&scratch[1]);
}

static void bad_lines_are_refused_alone(void **state)
{
  static const struct {
    const char *line;
    enum pl_refusal reason;
  } cases[] = {
      {"1,2,3", PL_REFUSED_SYNTAX},          {"Tag=a,1,2,3", PL_REFUSED_SYNTAX}, {"x,1,2,HIST", PL_REFUSED_TIME}, {"1,-1,2,HIST", PL_REFUSED_TIME},
      {"1,1,2,HIST", PL_REFUSED_VALUE},      {"1,1,2,!", PL_REFUSED_VALUE},      {"1,1,2,", PL_REFUSED_VALUE},    {"Tag=\xff,1,1,2,HIST", PL_REFUSED_ENCODING},
      {"1,1,2,HISTFAAAAEV42pNpmSzMwMCg", PL_REFUSED_VALUE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256];
    told t;
    (void)snprintf(text, sizeof text, "# comment\n\"head\"\n%s\n\n", cases[i].line);
    assert_int_equal(read_text(&pl_alloc_default, pl_str_of(text), 1, &t), PL_OK);
    assert_int_equal(t.refused, 1);
    assert_int_equal(t.reason, cases[i].reason);
    assert_int_equal(t.line, 3);
    told_fini(&t);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(logs_of_each_version), cmocka_unit_test(tags), cmocka_unit_test(written_and_read_again), cmocka_unit_test(base_times), cmocka_unit_test(bad_lines_are_refused_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
