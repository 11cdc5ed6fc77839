/* Numbers as people write them: finite or refused, and what is written for people fits. */
#include "base/units.h"

#include <math.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static const enum pl_unit units[] = {PL_UNIT_NUMBER, PL_UNIT_DURATION, PL_UNIT_SIZE, PL_UNIT_RATE, PL_UNIT_RATIO};
  pl_str text = {(const char *)data, len};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    double value = 42;
    char out[48];
    pl_error err = {0};
    if (pl_unit_parse(units[i], text, &value, &err) == 0) {
      FUZZ_EXPECT(isfinite(value) && (units[i] == PL_UNIT_NUMBER || value >= 0));
      FUZZ_EXPECT(pl_unit_text(units[i], value, out) < sizeof out);
    } else {
      FUZZ_EXPECT(value == 42 && err.message[0]);
    }
  }
  return 0;
}
