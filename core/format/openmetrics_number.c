/* See openmetrics_number.h. */
#include "format/openmetrics_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { SIZE = 32, DIGITS_MOST = 17, EXPONENT_LEAST = -4, EXPONENT_MOST = 6 };

size_t pl_openmetrics_number(double v, char *out)
{
  if (!isfinite(v))
    return pl_double_text(v, out);
  int digits = 0;
  do {
    (void)snprintf(out, SIZE, "%.*e", digits++, v);
  } while (digits < DIGITS_MOST && strtod(out, NULL) != v);
  long exponent = strtol(strchr(out, 'e') + 1, NULL, 10);
  int decimals = digits - 1 - (int)exponent;
  if (exponent >= EXPONENT_LEAST && exponent < EXPONENT_MOST)
    (void)snprintf(out, SIZE, "%.*f", decimals > 1 ? decimals : 1, v);
  pl_put_point(out);
  return strlen(out);
}
