/* See trace_span.h. */
#include "format/trace_span.h"

#include <string.h>

void pl_trace_id_set(pl_str digits, size_t size, char *out)
{
  bool good = digits.len && digits.len <= size, some = false;
  size_t zeros = good ? size - digits.len : 0;
  out[0] = '\0';
  for (size_t i = 0; good && i < digits.len; i++) {
    good = pl_hex_digit(digits.data[i]) >= 0;
    some = some || digits.data[i] != '0';
  }
  if (!good || !some)
    return;
  memset(out, '0', zeros);
  for (size_t i = 0; i < digits.len; i++)
    out[zeros + i] = "0123456789abcdef"[pl_hex_digit(digits.data[i])];
  out[size] = '\0';
}
