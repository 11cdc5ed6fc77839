/* A series and one of its sisters, side by side. A sister has a sample where it says more than the series' own of that time. */
#include "store/sisters.h"

#include <math.h>
#include <string.h>

struct pl_sister_scan {
  pl_archive *archive;
  enum pl_sample_part part;
  pl_scan *scan, *sister;      /* sister: NULL when there is none */
  const int64_t *times_ns;     /* the sister's, and */
  const double *values;        /* its values */
  size_t at, n;
  double out[PL_CHUNK_MAX];    /* of the last span */
};

int pl_sisters_find(pl_archive *a, int64_t series, int64_t sisters[PL_PART_SISTERS], pl_error *err)
{
  int code = pl_archive_prepare(a, "SELECT part, sister_id FROM sisters WHERE series_id = ?", &a->sisters, err), step;
  if (code)
    return code;
  memset(sisters, 0, PL_PART_SISTERS * sizeof *sisters);
  sqlite3_bind_int64(a->sisters, 1, series);
  while ((step = sqlite3_step(a->sisters)) == SQLITE_ROW) {
    int part = sqlite3_column_int(a->sisters, 0);
    if (part > PL_PART_VALUE && part < PL_PART_SISTERS)
      sisters[part] = sqlite3_column_int64(a->sisters, 1);
  }
  (void)sqlite3_reset(a->sisters);
  return step == SQLITE_DONE ? PL_OK : pl_archive_fail(a, step, err);
}

static int open_both(pl_sister_scan *p, const pl_range *range, pl_error *err)
{
  int64_t sisters[PL_PART_SISTERS];
  int code = pl_sisters_find(p->archive, range->series, sisters, err);
  if (code)
    return code;
  const pl_range of = {sisters[p->part == PL_PART_SUM ? PL_PART_NUMBER : p->part], range->run, range->from_ns, range->to_ns};
  code = pl_scan_open(p->archive, range, &p->scan, err);
  if (!code && of.series)
    code = pl_scan_open(p->archive, &of, &p->sister, err);
  return code;
}

int pl_sister_scan_open(pl_archive *a, const pl_range *range, enum pl_sample_part part, pl_sister_scan **out, pl_error *err)
{
  pl_sister_scan *p = pl_alloc(a->alloc, sizeof *p);
  if (!p)
    return pl_fail(err, PL_ENOMEM, "read timeline %s: out of memory", a->path);
  p->archive = a;
  p->part = part;
  p->scan = p->sister = NULL;
  p->at = p->n = 0;
  int code = open_both(p, range, err);
  if (code)
    pl_sister_scan_close(p);
  else
    *out = p;
  return code;
}

/* Whether the sister has a sample of this time: 1 and *value, 0, or an error. */
static int find_at(pl_sister_scan *p, int64_t ts_ns, double *value, pl_error *err)
{
  while (p->sister) {
    for (; p->at < p->n && p->times_ns[p->at] < ts_ns; p->at++)
      ;
    if (p->at < p->n) {
      *value = p->values[p->at];
      return p->times_ns[p->at] == ts_ns;
    }
    int code = pl_scan_span(p->sister, &p->times_ns, &p->values, &p->n, err);
    p->at = 0;
    if (code <= 0) {
      p->n = 0;
      pl_scan_close(p->sister);
      p->sister = NULL;
      return code;
    }
  }
  return 0;
}

/* What is not a number is itself in every part: it may end a series. */
static double value_of(const pl_sister_scan *p, double value, bool found, double sister)
{
  if (isnan(value) || p->part == PL_PART_VALUE)
    return value;
  if (p->part == PL_PART_SUM)
    return found ? value * sister : value;
  return found ? sister : p->part == PL_PART_NUMBER ? 1 : value;
}

int pl_sister_scan_span(pl_sister_scan *p, const int64_t **times_ns, const double **values, size_t *n, pl_error *err)
{
  const double *own;
  int code = pl_scan_span(p->scan, times_ns, &own, n, err);
  for (size_t i = 0; code > 0 && i < *n; i++) {
    double sister = 0;
    int found = find_at(p, (*times_ns)[i], &sister, err);
    if (found < 0)
      return found;
    p->out[i] = value_of(p, own[i], found, sister);
  }
  *values = p->out;
  return code;
}

void pl_sister_scan_close(pl_sister_scan *p)
{
  if (!p)
    return;
  pl_scan_close(p->sister);
  pl_scan_close(p->scan);
  pl_free(p->archive->alloc, p, sizeof *p);
}
