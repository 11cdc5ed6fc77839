/* Histogram logs that other programs wrote: all intervals of one together have the figures that HdrHistogram's own tests give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "format/hdr.h"
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

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(jhiccups_log)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
