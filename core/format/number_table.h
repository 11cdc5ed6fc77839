/* Numbers out of text: one a line, or columns of CSV, chosen by their names; a column of time beside them. Pure.
 *
 * Blank lines and lines that begin with # are left out. Fields are apart by the comma, semicolon or tab that the first line has, and may be quoted. A
 * first row in which no field is a number, a moment or a missing value is a header. */
#ifndef PL_FORMAT_NUMBER_TABLE_H
#define PL_FORMAT_NUMBER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/str.h"
#include "perilune/error.h"

enum {
  PL_NUMBERS_ROWS = 1 << 24,   /* of a text */
  PL_NUMBERS_WIDTH = 16,       /* columns that are asked for */
  PL_NUMBERS_REFUSED = 100,    /* rows that are told; all are counted */
};

/* What is wanted of a text. */
typedef struct pl_numbers_want {
  const pl_str *columns; /* n: by name, in any case; 0: the values alone, from the column named value or the only one that is no time */
  size_t n;
  bool missing;          /* an empty field, NA, NaN and null are values that are missing: NaN; else they are errors */
  bool lenient;          /* bad rows are left out and told; else the first one is the error */
  bool spelled;          /* keep how each time is written; not with ordered */
  bool ordered;          /* rows by their time, of those of one time the last one; rows without times stay */
} pl_numbers_want;

/* A row that was left out. */
typedef struct pl_numbers_bad {
  uint64_t line;
  char why[128];
} pl_numbers_bad;

/* What a text holds; {0} is empty. */
typedef struct pl_numbers {
  const pl_allocator *alloc;
  double *values;      /* n rows of width values each */
  int64_t *times;      /* n, since 1970 in ns; NULL: there are none */
  pl_str *spelled;     /* n, into the text: how the times are written; NULL: not asked for, or there are none */
  size_t n, width;
  size_t cap_values, cap_times, cap_spelled;
  char name[128];      /* of the first column, cut; empty: there is no header */
  pl_numbers_bad *bad; /* the first of n_bad, PL_NUMBERS_REFUSED of them at most */
  size_t n_bad, cap_bad;
  size_t again;        /* rows that gave way to a later one of the same time */
} pl_numbers;

/* Reads a whole text. Infinities are no values. Errors: PL_EPARSE (which line, what stands there, what to do), PL_ELIMIT, PL_ENOMEM; *out is then
 * empty. Linear in the text's length, and n log n where rows are ordered. */
int pl_numbers_read(const pl_allocator *a, pl_str text, const pl_numbers_want *want, pl_numbers *out, pl_error *err) PL_MUSTCHECK;

/* Frees what it holds; empty afterwards. */
void pl_numbers_fini(pl_numbers *t);

#endif
