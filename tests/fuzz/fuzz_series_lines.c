/* Series of numbers, one a line: what is read is finite or missing, within its limits, and each series lies in the text's lines. */
#include <math.h>

#include "fuzz.h"
#include "format/series_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_series_lines s;
  pl_error err = {0};
  size_t values = 0;
  uint64_t line = 0;
  if (pl_series_lines_read(&pl_alloc_default, (pl_str){(const char *)data, len}, &s, &err)) {
    FUZZ_EXPECT(err.message[0] && s.n == 0);
    return 0;
  }
  for (size_t i = 0; i < s.n; i++) {
    FUZZ_EXPECT(s.list[i].line > line && s.list[i].id.len <= PL_SERIES_ID_MAX);
    line = s.list[i].line;
    values += s.list[i].n;
    for (size_t k = 0; k < s.list[i].n; k++)
      FUZZ_EXPECT(!isinf(s.list[i].values[k]));
  }
  FUZZ_EXPECT(values == s.n_values);
  pl_series_lines each = {0};
  FUZZ_EXPECT(!pl_series_lines_read_each(&pl_alloc_default, (pl_str){(const char *)data, len}, &each, &err));
  FUZZ_EXPECT(each.n == s.n && each.n_values == s.n_values);
  pl_series_lines_fini(&each);
  pl_series_lines_fini(&s);
  return 0;
}
