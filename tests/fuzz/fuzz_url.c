/* URLs and references: what is read can be written and read again, and what joins is a URL. */
#include "net/url.h"

#include "fuzz.h"

static void expect_round_trip(const pl_url *url)
{
  pl_buf text;
  pl_url again;
  pl_buf_init(&text, &pl_alloc_default, 1 << 22);
  FUZZ_EXPECT(pl_url_text(url, &text) == 0);
  FUZZ_EXPECT(pl_url_parse((pl_str){text.data, text.len}, &again, NULL) == 0);
  FUZZ_EXPECT(again.port == url->port && again.ipv6 == url->ipv6 && pl_str_eq(again.target, url->target));
  pl_buf_fini(&text);
}

static void join(const pl_url *base, pl_str reference)
{
  pl_buf text;
  pl_url joined;
  pl_buf_init(&text, &pl_alloc_default, 1 << 22);
  if (pl_url_join(base, reference, &text, NULL) == 0 && pl_url_parse((pl_str){text.data, text.len}, &joined, NULL) == 0)
    expect_round_trip(&joined);
  pl_buf_fini(&text);
}

static void decode(pl_str s)
{
  pl_buf coded, decoded;
  pl_buf_init(&coded, &pl_alloc_default, 1 << 22);
  pl_buf_init(&decoded, &pl_alloc_default, 1 << 22);
  FUZZ_EXPECT(pl_url_encode(&coded, s, false) == 0);
  FUZZ_EXPECT(pl_url_decode(&decoded, (pl_str){coded.data, coded.len}) == 0);
  FUZZ_EXPECT(decoded.len == s.len && (!s.len || memcmp(decoded.data, s.data, s.len) == 0));
  pl_buf_clear(&decoded);
  (void)pl_url_decode(&decoded, s);
  pl_buf_fini(&coded);
  pl_buf_fini(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  pl_str text = fuzz_word(&in), reference = fuzz_rest(&in);
  pl_url url;
  if (pl_url_parse(text, &url, NULL) == 0) {
    expect_round_trip(&url);
    join(&url, reference);
  }
  decode(reference);
  return 0;
}
