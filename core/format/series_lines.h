/* Series of numbers, one a line: `id,v1,v2,...`, as M4 and other collections of series are written. Pure. */
#ifndef PL_FORMAT_SERIES_LINES_H
#define PL_FORMAT_SERIES_LINES_H

#include <stdint.h>

#include "base/alloc.h"
#include "base/str.h"

enum {
  PL_SERIES_LINES_MAX = 1 << 20,   /* series of a text */
  PL_SERIES_VALUES_MAX = 1 << 22,  /* values of a series */
  PL_SERIES_ALL_MAX = 1 << 26,     /* values of a text */
  PL_SERIES_ID_MAX = 4096,         /* bytes of an id */
  PL_SERIES_SHOWN_MAX = 40,        /* bytes of a bad field that are kept */
};

/* One series. */
typedef struct pl_series_line {
  pl_str id;            /* without its quotes */
  const double *values; /* n; NaN where one is missing */
  size_t n;             /* 0: the line has an id alone */
  uint64_t line;        /* where it began, from 1 */
  size_t bad;           /* the first field that is no number, from 1, of a line that is then without values; 0: none is */
  pl_str bad_text;      /* what stands there, its first PL_SERIES_SHOWN_MAX bytes */
  bool bad_is_cut;      /* there is more of it */
} pl_series_line;

/* What a text holds; {0} is empty. */
typedef struct pl_series_lines {
  const pl_allocator *alloc;
  pl_series_line *list;
  size_t n;
  size_t cap;
  double *values; /* of all series, one behind the other */
  size_t n_values;
  size_t cap_values;
  char *ids; /* and bad fields, behind the id of their line */
  size_t len_ids;
  size_t cap_ids;
} pl_series_lines;

/* Reads a whole text, rows of CSV (RFC 4180): an id, then numbers, as many as there are; further series go behind those before. Fields
 * may be quoted. An empty field, NA, NaN or null is a missing value; empty fields at a line's end are none, so lines may be filled up to one
 * length. The first line is a header, and skipped, where its second field is neither a number nor missing. Blank lines are skipped.
 * Errors: PL_EPARSE (which line and field, what stands there, what to do), PL_ELIMIT, PL_ENOMEM; *out is then empty. Linear in the text's
 * length. */
int pl_series_lines_read(const pl_allocator *a, pl_str text, pl_series_lines *out, pl_error *err) PL_MUSTCHECK;

/* The same, but a field that is no number costs its own line alone: that stays, without values, and says which field it is. PL_EPARSE is then
 * left for what hides where lines end: a quoted field that is not closed. */
int pl_series_lines_read_each(const pl_allocator *a, pl_str text, pl_series_lines *out, pl_error *err) PL_MUSTCHECK;

/* Fails with PL_EPARSE as pl_series_lines_read would of a line that is bad: which line and field, what stands there, what to do. */
int pl_series_lines_fault(const pl_series_line *line, pl_error *err) PL_MUSTCHECK;

/* Frees what it holds; empty afterwards. */
void pl_series_lines_fini(pl_series_lines *s);

#endif
