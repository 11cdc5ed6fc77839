/* Samples out of tables: CSV and NDJSON. Bad rows are refused one by one. Pure; one thread at a time.
 *
 * CSV has a header (delimiter: comma, semicolon or tab). A column of time (timestamp, @timestamp, time, ts, date, datetime): ISO 8601, or seconds
 * since 1970, or milliseconds from 1e11 on. With a column value, the column metric or name, where there is one, says which metric it is, and all others
 * are labels, empty ones left out; a second column of such a name is a label, too. Without one every other column is a metric of its own, empty cells left out.
 *
 * A line of NDJSON is {"timestamp": ..., "metric": "x", "value": 1.5, "labels": {"a": "b"}}; NaN and infinities are texts. */
#ifndef PL_FORMAT_SAMPLE_TABLE_H
#define PL_FORMAT_SAMPLE_TABLE_H

#include "base/alloc.h"
#include "format/lines.h"

enum pl_table_format { PL_TABLE_CSV, PL_TABLE_NDJSON };

enum { PL_TABLE_COLUMNS = 1024 };

typedef struct pl_table pl_table;

/* metric: the name of values beside which none stands; empty: such rows are refused. Errors: PL_ENOMEM. */
int pl_table_new(const pl_allocator *a, enum pl_table_format format, pl_str metric, const pl_text_events *events, pl_table **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_table_free(pl_table *t);

/* Reads whole rows off *text; what is left of it then comes again in front of what follows. last: nothing does. A row has at most
 * PL_LINE_MAX bytes. Returns 0, what an event gave, PL_EPARSE (the header is none), PL_ELIMIT (columns), PL_ENOMEM. */
int pl_table_read(pl_table *t, pl_str *text, bool last, pl_error *err) PL_MUSTCHECK;

#endif
