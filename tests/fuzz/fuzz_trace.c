/* Times of requests in CSV, NDJSON, HAR and access logs (the first byte says which): they ascend from 0. */
#include "format/trace.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  enum pl_trace_format format = (enum pl_trace_format)(fuzz_byte(&in) % 4);
  pl_buf times;
  pl_error err = {0};
  size_t n = 0;
  pl_buf_init(&times, &pl_alloc_default, 1 << 20);
  if (pl_trace_read(format, fuzz_rest(&in), &times, &n, &err) == 0) {
    FUZZ_EXPECT(times.len == n * sizeof(uint64_t));
    for (size_t i = 0; i < n; i++) {
      uint64_t before = 0, now;
      memcpy(&now, times.data + i * sizeof now, sizeof now);
      if (i)
        memcpy(&before, times.data + (i - 1) * sizeof now, sizeof now);
      FUZZ_EXPECT(i ? before <= now : now == 0);
    }
  } else {
    FUZZ_EXPECT(err.code && err.message[0]);
  }
  pl_buf_fini(&times);
  return 0;
}
