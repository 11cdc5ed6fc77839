/* Set-Cookie headers of answers, cookies set by hand, and the Cookie line of the next request: one line, and never a control character
 * in it. */
#include "load/cookie.h"

#include "fuzz.h"

static void expect_line(const pl_buf *line)
{
  if (!line->len)
    return;
  FUZZ_EXPECT(line->len > 10 && memcmp(line->data, "Cookie: ", 8) == 0);
  for (size_t i = 0; i < line->len - 2; i++)
    FUZZ_EXPECT((unsigned char)line->data[i] >= ' ' || line->data[i] == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static const char *const urls[] = {"http://a.example.com/x/y?q", "https://example.com/", "http://127.0.0.1:81/x"};
  pl_fake_clock clock;
  pl_buf line;
  int64_t when;
  pl_fake_clock_init(&clock, PL_S_NS, INT64_C(1700000000) * (int64_t)PL_S_NS);
  pl_cookie_jar *jar = pl_cookie_jar_new(&pl_alloc_default, &clock.clock);
  pl_buf_init(&line, &pl_alloc_default, 1 << 22);
  for (size_t i = 0; jar && i < sizeof urls / sizeof *urls; i++) {
    pl_url url;
    FUZZ_EXPECT(pl_url_parse(pl_str_of(urls[i]), &url, NULL) == 0);
    pl_cookie_jar_take(jar, &url, (pl_str){(const char *)data, len});
    pl_buf_clear(&line);
    (void)pl_cookie_jar_header(jar, &url, &line);
    expect_line(&line);
  }
  pl_cookie_spec spec = {.name = {(const char *)data, len / 2}, .value = {(const char *)data + len / 2, len - len / 2}, .left_ns = UINT64_MAX};
  pl_url url;
  if (jar && pl_url_parse(pl_str_of(urls[0]), &url, NULL) == 0 && pl_cookie_jar_set(jar, &url, &spec, NULL) == 0) {
    pl_buf_clear(&line);
    (void)pl_cookie_jar_header(jar, &url, &line);
    FUZZ_EXPECT(line.len > 0);
    expect_line(&line);
  }
  (void)pl_cookie_date((pl_str){(const char *)data, len}, &when);
  pl_buf_fini(&line);
  pl_cookie_jar_free(jar);
  return 0;
}
