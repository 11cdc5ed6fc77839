/* Parcels: series with their samples as the body of one message to another system, in its format. Pure; one thread at a time. */
#ifndef PL_INGEST_PARCEL_H
#define PL_INGEST_PARCEL_H

#include "base/buf.h"
#include "format/remote_write.h"
#include "format/sample_text.h"
#include "store/store.h"

enum { PL_PARCEL_LABELS = 64 }; /* most of a series */

typedef struct pl_parcel pl_parcel;

/* What a second of a distribution is told as: quantiles of that second, and totals so far. */
enum { PL_PARCEL_QUANTILES = 6, PL_PARCEL_SUM = PL_PARCEL_QUANTILES, PL_PARCEL_COUNT, PL_PARCEL_PARTS };
extern const double pl_parcel_quantiles[PL_PARCEL_QUANTILES];
typedef struct pl_parcel_second {
  int64_t ts_ns; /* its end */
  double part[PL_PARCEL_PARTS];
} pl_parcel_second;

/* What is told of a series; texts are the caller's. Of a summary `name` is that of the part (x, x_sum, x_count), `family` the whole's. */
typedef struct pl_parcel_series {
  pl_str name, family, unit;
  enum pl_remote_type type; /* counter, gauge or summary */
  bool monotonic;           /* its values only grow */
  bool first;               /* the first one of its family that was ever sent; of a format of `state`: in this parcel */
  const pl_label *labels;   /* sorted by name, each once, with values */
  size_t n_labels;
} pl_parcel_series;

typedef struct pl_parcel_format {
  const char *name;
  int64_t step_ns; /* its times are multiples of this: of the samples of a series that fall together the first one goes */
  bool finite;     /* it has neither NaN nor infinities */
  enum pl_sample_format text; /* of those that are lines */
  bool state;      /* a parcel is the last sample of each series, all of them, and has no times */
  void (*series)(pl_parcel *p, const pl_parcel_series *s);
  void (*sample)(pl_parcel *p, int64_t ts_ns, double value);
  void (*end)(pl_parcel *p);  /* of a series */
  void (*second)(pl_parcel *p, const pl_parcel_second *s); /* a sample of a summary; NULL: its parts go as series of their own */
  void (*seal)(pl_parcel *p); /* makes p->body, from p->message where the format has one */
} pl_parcel_format;

struct pl_parcel {
  const pl_parcel_format *format;
  pl_buf body;            /* what is sent, once it is sealed */
  pl_buf message, series, head, group; /* the format's own */
  pl_sample_text text;
  pl_parcel_series now;   /* the open one, as far as its `end` needs it: name, unit, type, monotonic */
  size_t samples, n_series, left_out;
  int64_t first_ns, last_ns; /* of its samples */
  bool open;              /* a series is */
  int64_t begin_ns;       /* of all totals, where the format says it */
};

/* The format of this name, or NULL. */
const pl_parcel_format *pl_parcel_format_of(const char *name);
/* Their names, "a, b", as a text that lives for ever. */
const char *pl_parcel_formats(void);

/* An empty parcel. body_max: most bytes of a message, before it is compressed. */
void pl_parcel_init(pl_parcel *p, const pl_allocator *a, const pl_parcel_format *format, size_t body_max);
/* Frees what it holds. */
void pl_parcel_fini(pl_parcel *p);
/* Empties it for the next one. */
void pl_parcel_clear(pl_parcel *p);

/* Begins a series, which ends the one before. */
void pl_parcel_series_begin(pl_parcel *p, const pl_parcel_series *s);
/* A sample of it; one that the format has not is counted only. */
void pl_parcel_sample(pl_parcel *p, int64_t ts_ns, double value);
/* A summary, with all its labels, and n seconds of it, which count as a sample for each part. */
void pl_parcel_summary(pl_parcel *p, const pl_parcel_series *s, const pl_parcel_second *seconds, size_t n);
/* Ends the series, when there is one. */
void pl_parcel_series_end(pl_parcel *p);
/* Makes the body. PL_ELIMIT: longer than body_max; PL_ENOMEM. */
int pl_parcel_seal(pl_parcel *p) PL_MUSTCHECK;

#endif
