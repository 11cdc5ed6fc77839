/* Rows of test data, one after the other out of a piece of a file: CSV (RFC 4180, a header line first), NDJSON, a JSON array of
 * objects. Pure: the text may begin at any row and end in the middle of one. */
#ifndef PL_FORMAT_ROWS_H
#define PL_FORMAT_ROWS_H

#include "base/buf.h"
#include "base/str.h"

#include "perilune/error.h"

enum pl_rows_format { PL_ROWS_CSV, PL_ROWS_NDJSON, PL_ROWS_JSON };

typedef struct pl_rows_syntax {
  enum pl_rows_format format;
  char delimiter; /* CSV */
} pl_rows_syntax;

/* Where a row lies in the text that it was looked for in. */
typedef struct pl_rows_row {
  pl_str text;        /* the row without what is around it; a piece of that text */
  size_t size;        /* from the begin of the text to the begin of the next row */
  uint32_t line;      /* line breaks before its first byte, */
  uint32_t lines;     /* and before the next row */
  uint32_t fields;    /* CSV */
} pl_rows_row;

/* What stands before the first row: the byte order mark; of a JSON array its bracket. *size of it, *lines breaks. Errors: PL_EPARSE
 * (no array). 1: it was found, 0: more text is needed. */
int pl_rows_begin(const pl_rows_syntax *s, pl_str text, bool last, size_t *size, uint32_t *lines, pl_error *err) PL_MUSTCHECK;

/* The row at the begin of text, whose predecessor ended there (first: there was none). last: the text goes to the file's end.
 * 1: *out is filled. 0: where last, there is none left and only blanks were; else more text is needed. Errors: PL_EPARSE, with
 * out->line set. A row of JSON is looked through no further than to where it ends: pl_rows_check does. */
int pl_rows_next(const pl_rows_syntax *s, pl_str text, bool first, bool last, pl_rows_row *out, pl_error *err) PL_MUSTCHECK;

/* The delimiter that the first line of CSV has: a comma, semicolon or tab; a comma where it has none. */
char pl_rows_delimiter(pl_str text);

/* Takes the next field off a CSV row that pl_rows_next gave: *rest is what is left, data NULL behind the last field. A field with
 * doubled quotes is put together in scratch, which is cleared before. Errors: PL_ENOMEM, PL_ELIMIT. */
int pl_rows_field(char delimiter, pl_str *rest, pl_buf *scratch, pl_str *field) PL_MUSTCHECK;

/* Whether a row of JSON is well formed. Errors: PL_EPARSE, PL_ELIMIT, PL_ENOMEM. */
int pl_rows_check(const pl_allocator *a, pl_str row, pl_error *err) PL_MUSTCHECK;

#endif
