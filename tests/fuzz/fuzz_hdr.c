/* Encoded histograms: what is decoded and encoded again decodes to the same counts. */
#include "format/hdr.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_hist h, again;
  pl_buf bytes;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_init(&again, &pl_alloc_default);
  pl_buf_init(&bytes, &pl_alloc_default, 1 << 22);
  if (pl_hdr_decode((pl_str){(const char *)data, len}, &h, NULL) == 0 && h.count) {
    FUZZ_EXPECT(pl_hdr_encode(&h, &bytes) == 0);
    FUZZ_EXPECT(pl_hdr_decode((pl_str){bytes.data, bytes.len}, &again, NULL) == 0);
    FUZZ_EXPECT(again.count == h.count && pl_hist_quantile(&again, 0.5) == pl_hist_quantile(&h, 0.5));
  }
  pl_buf_fini(&bytes);
  pl_hist_fini(&h);
  pl_hist_fini(&again);
  return 0;
}
