/* Scrapes: labels of the target, what waits until an answer is whole, markers of staleness, limits. */
#include "ingest/scrape.h"

#include <math.h>
#include <string.h>

#include "ingest/intake_fixture.h"

typedef struct scraping {
  fixture *f;
  pl_scrapes *all;
  uint32_t id;
  int64_t at; /* of the next scrape */
} scraping;

static const pl_label target[] = {{{"job", 3}, {"shop", 4}}, {{"instance", 8}, {"h:1", 3}}};

static void begin(scraping *s, void **state, const pl_scrape_options *o, const pl_relabel_rule *rules, size_t n)
{
  fixture *f = *state;
  const pl_scrapes_place place = {.alloc = &pl_alloc_default, .clock = &f->clock.clock, .feed = f->feed, .instance = "here"};
  pl_scrape_options own = *o;
  own.role = PL_STR("target");
  own.origin = PL_STR("synthetic");
  own.labels = own.labels ? own.labels : target;
  own.n_labels = own.n_labels ? own.n_labels : 2;
  *s = (scraping){.f = f, .all = pl_scrapes_new(&place), .at = 1};
  assert_int_equal(pl_relabel_new(&pl_alloc_default, rules, n, &own.rules, NULL), PL_OK);
  assert_int_equal(pl_scrapes_start(s->all, &own, 7, &s->id, NULL), PL_OK);
}

/* One scrape of this answer; NULL: there was none. */
static pl_scraped scrape(scraping *s, const char *body, const char *type)
{
  pl_scraped now = {.body = {body, body ? strlen(body) : 0}, .type = pl_str_of(type), .at_ns = s->at++, .seconds = 0.5};
  assert_int_equal(pl_scrapes_take(s->all, s->id, &now, NULL), PL_OK);
  return now;
}

/* Behind " 1@2 stale@3 ...". */
static char *behind_samples(char *at)
{
  while (*at == ' ')
    (void)strtoll(strchr(at, '@') + 1, &at, 10);
  return at;
}

/* The series of the fixture whose names begin so, with their samples; the labels that all have are left out. */
static const char *series(scraping *s, const char *prefix)
{
  static char out[4096];
  char text[4096];
  const char *const common[] = {"instance=h:1 ", "job=shop ", "origin=synthetic ", "role=target ", "source=scrape "};
  size_t n = 0;
  (void)snprintf(text, sizeof text, "%s", fixture_series(s->f));
  for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
    for (char *at; (at = strstr(text, common[i]));)
      memmove(at, at + strlen(common[i]), strlen(at + strlen(common[i])) + 1);
  }
  out[0] = '\0';
  for (char *at = text, *end; *at; at = end) {
    end = behind_samples(strchr(at, '}') + 1);
    if (strncmp(at, prefix, strlen(prefix)) == 0)
      n += (size_t)snprintf(out + n, sizeof out - n, "%.*s", (int)(end - at), at);
  }
  return out;
}

static void end(scraping *s)
{
  pl_scrapes_free(s->all);
}

static const pl_scrape_options plain = {.honor_timestamps = true};

static void labels_of_the_target_win(void **state)
{
  scraping s;
  begin(&s, state, &plain, NULL, 0);
  assert_int_equal(scrape(&s, "m{job=\"own\",exported_job=\"old\",x=\"1\"} 2\n", "text/plain; version=0.0.4").failed.code, 0);
  assert_string_equal(series(&s, "m"), "m{exported_exported_job=own exported_job=old x=1 } 2@1");
  end(&s);
}

static void own_labels_win_where_they_are_honored(void **state)
{
  scraping s;
  begin(&s, state, &(pl_scrape_options){.honor_labels = true}, NULL, 0);
  (void)scrape(&s, "m{job=\"own\",instance=\"i:9\"} 2\nn 3\n", "");
  assert_string_equal(series(&s, "m"), "m{instance=i:9 job=own } 2@1");
  assert_string_equal(series(&s, "n"), "n{} 3@1");
  end(&s);
}

static void every_scrape_is_told(void **state)
{
  scraping s;
  const pl_relabel_rule drop = {.action = PL_STR("drop"), .sources = &PL_STR("__name__"), .n_sources = 1, .regex = PL_STR("b.*")};
  begin(&s, state, &plain, &drop, 1);
  pl_scraped now = scrape(&s, "a 1\nba 2\nbb 3\n", "");
  assert_int_equal(now.samples, 3);
  assert_int_equal(now.kept, 1);
  assert_int_equal(now.added, 1);
  (void)scrape(&s, "a 1\nba 2\n", "");
  (void)scrape(&s, NULL, "");
  assert_string_equal(series(&s, "up"), "up{} 1@1 1@2 0@3");
  assert_string_equal(series(&s, "scrape_d"), "scrape_duration_seconds{} 0.5@1 0.5@2 0.5@3");
  assert_string_equal(series(&s, "scrape_samples_s"), "scrape_samples_scraped{} 3@1 2@2 0@3");
  assert_string_equal(series(&s, "scrape_samples_p"), "scrape_samples_post_metric_relabeling{} 1@1 1@2 0@3");
  assert_string_equal(series(&s, "scrape_series"), "scrape_series_added{} 1@1 0@2 0@3");
  assert_string_equal(series(&s, "b"), "");
  end(&s);
}

static void series_that_vanish_are_marked(void **state)
{
  scraping s;
  begin(&s, state, &plain, NULL, 0);
  (void)scrape(&s, "a 1\nb 1\nt 1 0\n", "");
  (void)scrape(&s, "a 2\n", "");
  (void)scrape(&s, "a 3\nb 3\n", "");
  (void)scrape(&s, NULL, "");
  assert_string_equal(series(&s, "a"), "a{} 1@1 2@2 3@3 stale@4");
  assert_string_equal(series(&s, "b"), "b{} 1@1 stale@2 3@3 stale@4");
  assert_string_equal(series(&s, "t"), "t{} 1@0"); /* it has times of its own */
  (void)scrape(&s, "a 5\n", "");
  pl_scrapes_stop(s.all, s.id, 9);
  assert_string_equal(series(&s, "a"), "a{} 1@1 2@2 3@3 stale@4 5@5 stale@9");
  assert_string_equal(series(&s, "up"), "up{} 1@1 1@2 1@3 0@4 1@5 stale@9");
  pl_scraped late = {.at_ns = 10};
  assert_int_equal(pl_scrapes_take(s.all, s.id, &late, NULL), PL_EMISUSE);
  end(&s);
}

static void an_answer_is_whole(void **state)
{
  static const struct {
    const char *body, *type;
    int code;
    const char *why;
  } cases[] = {
      {"a 7\nb x\n", "text/plain", PL_EPARSE, "line 2: there is no valid value"},
      {"a 7\n", "application/openmetrics-text; version=1.0.0", PL_EPARSE, "line 1: the end is missing: the text was cut short"},
      {"{\"a\":7}", "application/json", PL_EPROTO, "the answer is application/json, no metrics"},
      {"<p>a 7</p>", "text/html", PL_EPROTO, "the answer is text/html, no metrics"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    scraping s;
    begin(&s, state, &plain, NULL, 0);
    s.at = 1 + 2 * (int64_t)i;
    (void)scrape(&s, "a 1\n", "");
    pl_scraped now = scrape(&s, cases[i].body, cases[i].type);
    assert_int_equal(now.failed.code, cases[i].code);
    assert_string_equal(now.failed.message, cases[i].why);
    end(&s);
  }
  scraping s = {.f = *state};
  assert_string_equal(series(&s, "a"), "a{} 1@1 stale@2 1@3 stale@4 1@5 stale@6 1@7 stale@8");
  assert_string_equal(series(&s, "up"), "up{} 1@1 0@2 1@3 0@4 1@5 0@6 1@7 0@8");
}

static void limits_fail_the_scrape(void **state)
{
  static const struct {
    pl_scrape_limits limits;
    const char *why;
  } cases[] = {
      {{.samples = 1}, "sample_limit: it has 2 samples"},
      {{.labels = 3}, "label_limit: a has 4 labels"},
      {{.name_bytes = 7}, "label_name_length_limit: a has a name of 8 bytes"},
      {{.value_bytes = 5}, "label_value_length_limit: a has a value of 6 bytes"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    scraping s;
    begin(&s, state, &(pl_scrape_options){.limits = cases[i].limits}, NULL, 0);
    pl_scraped now = scrape(&s, "a{x=\"longer\"} 1\nb 2\n", "");
    assert_int_equal(now.failed.code, PL_ELIMIT);
    assert_string_equal(now.failed.message, cases[i].why);
    assert_string_equal(series(&s, "b"), "");
    end(&s);
  }
}

static void numbers_of_buckets_are_those_of_openmetrics(void **state)
{
  scraping s;
  begin(&s, state, &plain, NULL, 0);
  (void)scrape(&s, "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n# TYPE q summary\nq{quantile=\"0\"} 3\n# TYPE g gauge\ng{le=\"1\"} 4\n", "");
  assert_string_equal(series(&s, "h"), "h_bucket+{le=+Inf } 2@1h_bucket+{le=1.0 } 1@1");
  assert_string_equal(series(&s, "q"), "q{quantile=0.0 } 3@1");
  assert_string_equal(series(&s, "g"), "g{le=1 } 4@1");
  end(&s);
}

static void what_cannot_be_kept_is_counted(void **state)
{
  scraping s;
  begin(&s, state, &plain, &(pl_relabel_rule){.action = PL_STR("labeldrop"), .regex = PL_STR("x")}, 1);
  pl_scraped now = scrape(&s, "# TYPE c counter\nc_total{x=\"1\"} 1 # {trace_id=\"t\"} 1\nc_total{x=\"2\"} 2\n# TYPE c counter\n# EOF\n", "application/openmetrics-text");
  const pl_intake_counts *counts = pl_scrapes_counts(s.all, s.id);
  assert_int_equal(now.failed.code, 0);
  assert_string_equal(series(&s, "c_"), "c_total+{} 1@1");
  assert_true(counts->refused[PL_REASON_EXEMPLAR] == 0 && counts->events[PL_EVENT_EXEMPLAR] == 1);
  assert_int_equal(counts->refused[PL_REASON_TWICE], 1);
  assert_int_equal(counts->refused[PL_REASON_LINE], 1);
  end(&s);
}

static void histograms_become_distributions_where_that_is_wanted(void **state)
{
  static const char text[] = "# TYPE h histogram\nh_bucket{le=\"1\"} %d\nh_bucket{le=\"+Inf\"} %d\nh_count %d\n# TYPE g gauge\ng_bucket{le=\"1\"} 1\n";
  scraping s;
  char body[256];
  begin(&s, state, &(pl_scrape_options){.distributions = true}, NULL, 0);
  for (int i = 1; i <= 2; i++) {
    (void)snprintf(body, sizeof body, text, i, i, i);
    assert_int_equal(scrape(&s, body, "").failed.code, 0);
  }
  assert_string_equal(series(&s, "h{"), "h{}");
  assert_string_equal(series(&s, "h_bucket"), "h_bucket+{le=+Inf } 1@1 2@2h_bucket+{le=1.0 } 1@1 2@2");
  assert_string_equal(series(&s, "g{"), "");
  end(&s);
}

static void a_name_is_needed(void **state)
{
  scraping s;
  begin(&s, state, &plain, &(pl_relabel_rule){.action = PL_STR("labeldrop"), .regex = PL_STR("__name__")}, 1);
  assert_string_equal(scrape(&s, "a 1\n", "").failed.message, "line 1: the rules leave no name");
  end(&s);
}

/* Each rule makes eight of the value. */
static void texts_of_rules_have_a_limit(void **state)
{
  const pl_relabel_rule longer = {.sources = &PL_STR("l"), .n_sources = 1, .target = PL_STR("l"), .replacement = PL_STR("$1$1$1$1$1$1$1$1")};
  const pl_relabel_rule rules[] = {longer, longer, longer, longer, longer, longer, longer};
  scraping s;
  begin(&s, state, &plain, rules, sizeof rules / sizeof *rules);
  pl_scraped now = scrape(&s, "a{l=\"x\"} 1\n", "");
  assert_int_equal(now.failed.code, PL_ELIMIT);
  assert_string_equal(now.failed.message, "the rules give a series more than 128 labels, or texts of more than 1024 KiB");
  end(&s);
}

static void timestamps_count_where_they_are_honored(void **state)
{
  scraping s;
  begin(&s, state, &(pl_scrape_options){.honor_timestamps = false}, NULL, 0);
  (void)scrape(&s, "t 1 1000\n", "");
  (void)scrape(&s, "", "");
  assert_string_equal(series(&s, "t"), "t{} 1@1 stale@2");
  end(&s);
}

static void targets_have_a_limit(void **state)
{
  scraping s;
  uint32_t id = 0;
  pl_scrape_options o = {.labels = target, .n_labels = PL_SCRAPE_TARGET_LABELS + 1};
  begin(&s, state, &plain, NULL, 0);
  assert_int_equal(pl_relabel_new(&pl_alloc_default, NULL, 0, &o.rules, NULL), PL_OK);
  assert_int_equal(pl_scrapes_start(s.all, &o, 7, &id, NULL), PL_ELIMIT);
  assert_null(pl_scrapes_counts(s.all, 5));
  pl_scrapes_stop(s.all, 5, 1);
  end(&s);
}

static void texts_that_do_not_come_again_are_forgotten(void **state)
{
  enum { MANY = 15000, LINE = 32 };
  fixture *f = *state;
  failing memory;
  failing_init(&memory, 0);
  const pl_scrapes_place place = {.alloc = &memory.allocator, .clock = &f->clock.clock, .feed = f->feed, .instance = "here"};
  scraping s = {.f = f, .all = pl_scrapes_new(&place), .at = 1};
  pl_scrape_options o = {.labels = target, .n_labels = 2};
  char *body = calloc(MANY, LINE);
  size_t n = 0;
  for (int i = 0; i < MANY; i++)
    n += (size_t)snprintf(body + n, LINE, "m{x=\"%d\"} 1\n", i);
  assert_int_equal(pl_relabel_new(&memory.allocator, NULL, 0, &o.rules, NULL), PL_OK);
  assert_int_equal(pl_scrapes_start(s.all, &o, 7, &s.id, NULL), PL_OK);
  (void)scrape(&s, body, "");
  size_t most = memory.live;
  (void)scrape(&s, "a 1\n", "");
  assert_true(memory.live + MANY * 10 < most);
  (void)scrape(&s, "a 2\n", "");
  assert_int_equal(pl_scrapes_counts(s.all, s.id)->series, MANY + 1 + 5);
  assert_int_equal(pl_scrapes_counts(s.all, s.id)->samples, MANY + 2 + 3 * 5);
  end(&s);
  free(body);
}

/* With every allocation refused in turn: nothing is lost, and what cannot be told is counted or said. */
static void without_memory(void **state)
{
  fixture *f = *state;
  bool complete = false;
  for (size_t at = 1; at < 200 && !complete; at++) {
    failing memory;
    failing_init(&memory, at);
    const pl_scrapes_place place = {.alloc = &memory.allocator, .clock = &f->clock.clock, .feed = f->feed, .instance = "here"};
    pl_scrapes *all = pl_scrapes_new(&place);
    pl_scrape_options o = {.labels = target, .n_labels = 2, .distributions = true};
    pl_scraped now = {.body = PL_STR("# TYPE a histogram\na_bucket{le=\"1\",job=\"x\"} 1\n"), .type = PL_STR(""), .at_ns = 1};
    uint32_t id;
    int code = !all || pl_relabel_new(&memory.allocator, NULL, 0, &o.rules, NULL) ? PL_ENOMEM : pl_scrapes_start(all, &o, 7, &id, NULL);
    if (!code)
      code = pl_scrapes_take(all, id, &now, NULL);
    complete = !code && !now.failed.code && pl_scrapes_counts(all, id)->samples == 6;
    pl_scrapes_free(all);
    assert_int_equal(memory.live, 0);
  }
  assert_true(complete);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(labels_of_the_target_win), TEST(own_labels_win_where_they_are_honored), TEST(every_scrape_is_told), TEST(series_that_vanish_are_marked),
      TEST(an_answer_is_whole), TEST(limits_fail_the_scrape), TEST(numbers_of_buckets_are_those_of_openmetrics), TEST(what_cannot_be_kept_is_counted),
      TEST(histograms_become_distributions_where_that_is_wanted), TEST(a_name_is_needed), TEST(texts_of_rules_have_a_limit),
      TEST(timestamps_count_where_they_are_honored), TEST(targets_have_a_limit), TEST(texts_that_do_not_come_again_are_forgotten), TEST(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
