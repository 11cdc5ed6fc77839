/* Histogram logs that other programs wrote: all intervals of one together have the figures that HdrHistogram's own tests give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "format/hdr.h"
#include "format/hdr_log.h"
#include "support/failing.h"

enum { LINE_MAX_BYTES = 1 << 16 };

static int digit(char c)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = c ? strchr(digits, c) : NULL;
  return at ? (int)(at - digits) : -1;
}

static size_t from_base64(const char *text, unsigned char *out)
{
  size_t n = 0;
  unsigned bits = 0, held = 0;
  for (; digit(*text) >= 0; text++) {
    held = held << 6 | (unsigned)digit(*text);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[n++] = (unsigned char)(held >> bits);
    }
  }
  return n;
}

/* A compressed histogram: cookie and length, then the encoding, deflated. */
static void add_interval(pl_hist *h, const char *text)
{
  static unsigned char packed[LINE_MAX_BYTES], plain[1 << 20];
  uLongf size = sizeof plain;
  pl_error err = {0};
  size_t n = from_base64(text, packed);
  assert_true(n > 8);
  assert_int_equal(uncompress(plain, &size, packed + 8, (uLong)n - 8), Z_OK);
  if (pl_hdr_decode((pl_str){(const char *)plain, size}, h, &err))
    fail_msg("%s", err.message);
}

static int read_log(const char *path, pl_hist *h)
{
  static char line[LINE_MAX_BYTES];
  int intervals = 0;
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f)) {
    char *last = strrchr(line, ',');
    if (line[0] == '#' || line[0] == '"' || !last)
      continue;
    add_interval(h, last + 1);
    intervals++;
  }
  fclose(f);
  return intervals;
}

static void jhiccups_log(void **state)
{
  const char *root = getenv("PERILUNE_REFERENCE");
  char path[512];
  pl_hist h;
  (void)state;
  if (!root) {
    print_message("skipped: no reference data\n");
    skip();
  }
  (void)snprintf(path, sizeof path, "%s/data/hdr/jHiccup-2.0.7S.logV2.hlog", root);
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(read_log(path, &h), 62);
  assert_int_equal(h.count, 48761);
  assert_int_equal(pl_hist_quantile(&h, 0.5), 327935);
  assert_int_equal(pl_hist_quantile(&h, 0.9), 409855);
  assert_int_equal(pl_hist_quantile(&h, 0.99), 1427111935);
  assert_int_equal(pl_hist_quantile(&h, 0.999), 1745879039);
  assert_int_equal(pl_hist_quantile(&h, 1), 1796210687);
  pl_hist_fini(&h);
}

/* What reading a whole log tells. */
typedef struct told {
  pl_hist all, tagged; /* intervals without a tag, and those with one */
  int intervals, refused;
} told;

static int hear_interval(void *user, const pl_hdr_interval *i)
{
  told *t = user;
  t->intervals++;
  return pl_hist_add(i->tag.len ? &t->tagged : &t->all, i->hist);
}

static int hear_refused(void *user, const pl_refused *r)
{
  told *t = user;
  assert_true(r->line > 0);
  t->refused++;
  return PL_OK;
}

/* The text of a file of the data, which the caller frees; NULL without reference data. */
static char *text_of(const char *name, size_t *size)
{
  const char *root = getenv("PERILUNE_REFERENCE");
  char path[512];
  if (!root)
    return NULL;
  (void)snprintf(path, sizeof path, "%s/data/hdr/%s", root, name);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  char *text = malloc(1 << 24);
  assert_non_null(text);
  *size = fread(text, 1, 1 << 24, f);
  fclose(f);
  return text;
}

static bool read_whole(const char *name, told *t)
{
  size_t size;
  char *text = text_of(name, &size);
  pl_hdr_log *log;
  const pl_hdr_events events = {hear_interval, hear_refused, t};
  if (!text)
    return false;
  pl_hist_init(&t->all, &pl_alloc_default);
  pl_hist_init(&t->tagged, &pl_alloc_default);
  pl_str rest = {text, size};
  assert_int_equal(pl_hdr_log_new(&pl_alloc_default, 1, &events, &log), PL_OK);
  assert_int_equal(pl_hdr_log_read(log, &rest, true), PL_OK);
  pl_hdr_log_free(log);
  free(text);
  return true;
}

static void forget(told *t)
{
  pl_hist_fini(&t->all);
  pl_hist_fini(&t->tagged);
}

/* Logs of all versions: intervals, count, p99.9 and maximum. */
static void every_version_is_read(void **state)
{
  static const struct {
    const char *name;
    int intervals;
    uint64_t total, p999, max;
  } logs[] = {{"jHiccup-2.0.1.logV0.hlog", 81, 61256, 1510998015, 1569718271}, {"jHiccup-2.0.6.logV1.hlog", 88, 65964, 1829765119, 1888485375},
              {"jHiccup-2.0.7S.logV2.hlog", 62, 48761, 1745879039, 1796210687}, {"jHiccup-2.0.7S.logV3.hlog", 62, 48761, 1745879039, 1796210687}};
  (void)state;
  for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
    told t = {0};
    if (!read_whole(logs[i].name, &t)) {
      print_message("skipped: no reference data\n");
      skip();
    }
    assert_int_equal(t.intervals, logs[i].intervals);
    assert_int_equal(t.refused, 0);
    assert_int_equal(pl_hist_add(&t.all, &t.tagged), PL_OK);
    assert_int_equal(t.all.count, logs[i].total);
    assert_int_equal(pl_hist_quantile(&t.all, 0.999), logs[i].p999);
    assert_int_equal(pl_hist_quantile(&t.all, 1), logs[i].max);
    forget(&t);
  }
}

static void tags_are_kept_apart(void **state)
{
  told t = {0};
  (void)state;
  if (!read_whole("tagged-Log.logV2.hlog", &t))
    skip();
  assert_int_equal(t.intervals, 42);
  assert_int_equal(t.all.count, 32290 / 2); /* each interval is there twice, with the tag and without */
  assert_int_equal(t.tagged.count, 32290 / 2);
  const double p[] = {0.5, 0.9, 0.99};
  const uint64_t wanted[] = {344319, 409855, 1385168895};
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(pl_hist_quantile(&t.tagged, p[i]), wanted[i]);
    assert_int_equal(pl_hist_quantile(&t.all, p[i]), wanted[i]);
  }
  forget(&t);
}

static void malformed_lines_are_refused(void **state)
{
  static const char *const names[] = {"test_tagged_invalid_histogram.txt", "test_tagged_invalid_tag_key.txt", "test_tagged_invalid_timestamp.txt",
                                      "test_tagged_missing_histogram.txt"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    told t = {0};
    if (!read_whole(names[i], &t))
      skip();
    if (t.refused != 1 || t.intervals)
      fail_msg("%s: %d refused, %d read", names[i], t.refused, t.intervals);
    forget(&t);
  }
}

/* What is written is read, and written again byte by byte the same. */
static void what_is_written_is_the_same_again(void **state)
{
  told t = {0};
  pl_buf once, again;
  pl_hist h;
  pl_error err = {0};
  (void)state;
  if (!read_whole("jHiccup-2.0.7S.logV2.hlog", &t))
    skip();
  pl_buf_init(&once, &pl_alloc_default, 1 << 24);
  pl_buf_init(&again, &pl_alloc_default, 1 << 24);
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_hdr_encode(&t.all, &once), PL_OK);
  assert_int_equal(pl_hdr_decode((pl_str){(const char *)once.data, once.len}, &h, &err), PL_OK);
  assert_int_equal(pl_hdr_encode(&h, &again), PL_OK);
  assert_int_equal(once.len, again.len);
  assert_memory_equal(once.data, again.data, once.len);
  pl_buf_fini(&once);
  pl_buf_fini(&again);
  pl_hist_fini(&h);
  forget(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(jhiccups_log), cmocka_unit_test(every_version_is_read), cmocka_unit_test(tags_are_kept_apart),
                                     cmocka_unit_test(malformed_lines_are_refused), cmocka_unit_test(what_is_written_is_the_same_again)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
