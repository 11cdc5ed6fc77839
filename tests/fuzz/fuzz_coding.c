/* Coded bodies: what is decoded stays within the limit; and what we code ourselves comes back. */
#include "load/coding.h"

#include "fuzz.h"

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static const enum pl_coding codings[] = {PL_CODING_GZIP, PL_CODING_DEFLATE};
  pl_str bytes = {(const char *)data, len};
  pl_buf coded, plain;
  pl_buf_init(&coded, &pl_alloc_default, LIMIT);
  pl_buf_init(&plain, &pl_alloc_default, LIMIT);
  (void)pl_coding_of(bytes);
  for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
    pl_buf_clear(&plain);
    int code = pl_coding_decode(codings[i], bytes, NULL, &plain, NULL);
    FUZZ_EXPECT(plain.len <= LIMIT && code <= 0);
    pl_buf_clear(&plain);
    pl_buf_clear(&coded);
    if (pl_coding_encode(codings[i], bytes, NULL, &coded, NULL) == 0) {
      FUZZ_EXPECT(pl_coding_decode(codings[i], (pl_str){coded.data, coded.len}, NULL, &plain, NULL) == 0);
      FUZZ_EXPECT(plain.len == len && (!len || memcmp(plain.data, data, len) == 0));
    }
  }
  pl_buf_fini(&coded);
  pl_buf_fini(&plain);
  return 0;
}
