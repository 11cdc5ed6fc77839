/* Snappy: what is expanded stays within its limit, and what is compressed expands to the same. */
#include "base/alloc.h"
#include "format/snappy.h"
#include "fuzz.h"

enum { MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_str in = {(const char *)data, len};
  pl_buf out, block;
  pl_buf_init(&out, &pl_alloc_default, MOST);
  pl_buf_init(&block, &pl_alloc_default, 2 * MOST);
  if (pl_snappy_expand(in, &out))
    FUZZ_EXPECT(out.len == 0);
  pl_buf_clear(&out);
  FUZZ_EXPECT(pl_snappy_shorten(in, &block) == 0);
  FUZZ_EXPECT(pl_snappy_expand((pl_str){block.data, block.len}, &out) == 0);
  FUZZ_EXPECT(out.len == len && (len == 0 || memcmp(out.data, data, len) == 0));
  pl_buf_fini(&out);
  pl_buf_fini(&block);
  return 0;
}
