/* What a target of Prometheus answers, through labels, rules, limits and histograms, twice: a good answer has no new series when it comes again,
 * and what is kept was there. The first byte chooses the dialect and what is asked for. */
#include "ingest/scrape.h"

#include "fuzz.h"

enum { INPUTS_OF_ONE = 5000 };

/* One timeline for many inputs: a new one costs more than they do. */
typedef struct timeline {
  pl_store *store;
  pl_feed *feed;
  unsigned inputs;
} timeline;

static void renew(timeline *t)
{
  const pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  if (t->feed && ++t->inputs < INPUTS_OF_ONE)
    return;
  pl_feed_free(t->feed);
  if (t->store)
    pl_store_close(t->store);
  t->inputs = 0;
  FUZZ_EXPECT(pl_store_open(&o, &t->store, NULL) == 0);
  t->feed = pl_feed_new(&pl_alloc_default, t->store);
}

static pl_scraped scrape(pl_scrapes *all, uint32_t id, int64_t at_s, pl_str body, bool open)
{
  pl_scraped s = {.body = body, .type = open ? PL_STR("application/openmetrics-text") : PL_STR("text/plain"), .at_ns = at_s * 1000000000, .seconds = 1};
  FUZZ_EXPECT(pl_scrapes_take(all, id, &s, NULL) == 0);
  FUZZ_EXPECT(s.kept <= s.samples && s.added <= s.kept);
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static timeline t;
  const pl_str name = PL_STR("__name__");
  const pl_label labels[] = {{PL_STR("job"), PL_STR("j")}, {PL_STR("instance"), PL_STR("i")}};
  const pl_relabel_rule rules[] = {
      {.action = PL_STR("drop"), .sources = &name, .n_sources = 1, .regex = PL_STR("drop.*")},
      {.sources = &name, .n_sources = 1, .regex = PL_STR("to_(.*?)_(.*)"), .target = PL_STR("$1"), .replacement = PL_STR("$2")},
      {.action = PL_STR("labelmap"), .regex = PL_STR("map_(.+)")},
      {.action = PL_STR("labeldrop"), .regex = PL_STR("map_.*")},
  };
  uint8_t wanted = len ? data[0] : 0;
  pl_str body = {len > 1 ? (const char *)data + 1 : "", len > 1 ? len - 1 : 0};
  renew(&t);
  const pl_scrapes_place place = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .feed = t.feed, .instance = "here"};
  pl_scrapes *all = pl_scrapes_new(&place);
  pl_scrape_options o = {.role = PL_STR("target"), .origin = PL_STR("synthetic"), .labels = labels, .n_labels = 2, .honor_labels = wanted & 2,
                         .honor_timestamps = wanted & 4, .distributions = wanted & 8, .limits = {.samples = wanted & 16 ? 5 : 0, .labels = wanted & 32 ? 6 : 0}};
  uint32_t id;
  FUZZ_EXPECT(pl_relabel_new(&pl_alloc_default, rules, 4, &o.rules, NULL) == 0 && pl_scrapes_start(all, &o, 1, &id, NULL) == 0);
  pl_scraped first = scrape(all, id, 1, body, wanted & 1), second = scrape(all, id, 2, body, wanted & 1);
  FUZZ_EXPECT(first.failed.code == second.failed.code && first.kept == second.kept);
  FUZZ_EXPECT(second.failed.code || wanted & 4 || second.added == 0);
  pl_scrapes_stop(all, id, INT64_C(3000000000));
  pl_scrapes_free(all);
  return 0;
}
