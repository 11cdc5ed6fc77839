/* Numbers as people write them: the one place where they are read and written. */
#ifndef PL_BASE_UNITS_H
#define PL_BASE_UNITS_H

#include "base/str.h"
#include "perilune/error.h"

enum pl_unit {
  PL_UNIT_NUMBER,   /* "3", "0.5", "1e3", "10k" (k, M, G: powers of 1000) */
  PL_UNIT_DURATION, /* seconds: "250ms", "1.5h", "90s", "1m30s", "14d", "2w", "10us", "5ns"; m is minutes */
  PL_UNIT_SIZE,     /* bytes: "64MiB", "10kB", "512B", "4096"; KiB MiB GiB TiB, kB MB GB TB */
  PL_UNIT_RATE,     /* per second: "500/s", "30/min", "100/h", "10k/s", "2.5/s"; a bare number is per second */
  PL_UNIT_RATIO,    /* 1 = all: "5%", "0.1%", "0.05" */
};

/* Reads text (white space around it is fine). *out is untouched on failure; the message says what was
 * expected, with examples: `"250" is not a duration: a unit is missing; write 250ms, 1.5s or 2m`.
 * A negative or non-finite value is an error for every unit but NUMBER. "0" is a duration. */
int pl_unit_parse(enum pl_unit unit, pl_str text, double *out, pl_error *err) PL_MUSTCHECK;

/* Writes value for people, three significant digits: 0.0123 s -> "12.3 ms", 1536 B -> "1.5 KiB",
 * 500 /s -> "500/s", 0.012 -> "1.2 %", number -> "12,300". NaN -> "-". Returns the length; out holds
 * 48 bytes. */
size_t pl_unit_text(enum pl_unit unit, double value, char out[48]);

#endif
