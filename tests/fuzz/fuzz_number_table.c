/* Numbers in columns: what is read is finite or missing, within its limits, and in order where that is asked. */
#include <math.h>

#include "format/number_table.h"
#include "fuzz.h"

static void read_as(pl_str text, const pl_numbers_want *want)
{
  pl_numbers t;
  pl_error err = {0};
  if (pl_numbers_read(&pl_alloc_default, text, want, &t, &err)) {
    FUZZ_EXPECT(err.message[0] && t.n == 0 && !t.values);
    return;
  }
  for (size_t i = 0; i < t.n * t.width; i++)
    FUZZ_EXPECT(!isinf(t.values[i]) && (want->missing || !isnan(t.values[i])));
  for (size_t i = 1; i < t.n && t.times && want->ordered; i++)
    FUZZ_EXPECT(t.times[i] > t.times[i - 1]);
  FUZZ_EXPECT(want->lenient || t.n_bad == 0);
  pl_numbers_fini(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static const pl_str names[] = {PL_STR("n"), PL_STR("throughput")};
  pl_str text = {(const char *)data, len};
  read_as(text, &(pl_numbers_want){0});
  read_as(text, &(pl_numbers_want){.missing = true, .lenient = true, .ordered = true});
  read_as(text, &(pl_numbers_want){.columns = names, .n = 2, .lenient = true});
  return 0;
}
