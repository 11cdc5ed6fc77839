/* Samples as text, a line each: what sample_table and prometheus_text read back bit for bit, and InfluxDB's line protocol. A series' part of
 * the line is made once. Pure; one thread at a time. */
#ifndef PL_FORMAT_SAMPLE_TEXT_H
#define PL_FORMAT_SAMPLE_TEXT_H

#include "base/buf.h"
#include "format/lines.h"

enum pl_sample_format {
  PL_SAMPLE_OPENMETRICS, /* name{label="value"} 1.5 1700000000.123 */
  PL_SAMPLE_CSV,         /* timestamp,metric,value,LABEL... with a header */
  PL_SAMPLE_NDJSON,      /* {"timestamp":"...","metric":"name","labels":{...},"value":1.5} */
  PL_SAMPLE_INFLUX,      /* name,label=value value=1.5 1700000000123000000 */
};

typedef struct pl_sample_text {
  enum pl_sample_format format;
  const pl_str *columns; /* CSV: the labels that have a column */
  size_t n_columns;
  pl_buf before, after;  /* the value of a line */
} pl_sample_text;

/* columns: of CSV, borrowed as long as t lives; NULL for others. */
void pl_sample_text_init(pl_sample_text *t, const pl_allocator *a, enum pl_sample_format format, const pl_str *columns, size_t n_columns);
/* The columns stay the caller's. */
void pl_sample_text_fini(pl_sample_text *t);

/* Appends what stands before the first line. The buffer's errors, as of the next ones. */
int pl_sample_text_head(const pl_sample_text *t, pl_buf *out) PL_MUSTCHECK;
/* Appends what stands behind the last line. */
int pl_sample_text_end(const pl_sample_text *t, pl_buf *out) PL_MUSTCHECK;
/* The series of the next lines. Errors: PL_ENOMEM, PL_ELIMIT. */
int pl_sample_text_series(pl_sample_text *t, pl_str name, const pl_tag *tags, size_t n) PL_MUSTCHECK;
/* Appends a line. PL_ENOSYS: the format has no such value (InfluxDB: NaN, infinities). */
int pl_sample_text_line(const pl_sample_text *t, int64_t time_ns, double value, pl_buf *out) PL_MUSTCHECK;

#endif
