/* The way of what others send onto the timeline: names and labels are checked and made ours, limits are kept, what is refused is
 * counted by reason. The same for every protocol. The collector's thread. */
#ifndef PL_INGEST_INTAKE_H
#define PL_INGEST_INTAKE_H

#include "ingest/families.h"
#include "query/feed.h"

/* X(symbol, name, of what, text): why something was refused, and what is counted. */
#define PL_REASON_MAP(X)                                                        \
  X(PATH, "path", "requests", "nothing is received there")                      \
  X(METHOD, "method", "requests", "it is sent by another method")                         \
  X(TYPE, "type", "requests", "its Content-Type or Content-Encoding is not taken here") \
  X(BODY, "body", "requests", "the body is too long")                           \
  X(EXPANDED, "expanded", "requests", "the body expands to too much")           \
  X(MALFORMED, "malformed", "requests", "the body is malformed")                \
  X(RATE, "rate", "requests", "too many samples a second")                      \
  X(BUSY, "busy", "requests", "too much is on its way")                         \
  X(STORE, "store", "requests", "the timeline could not be written")            \
  X(LINE, "line", "lines", "malformed")                                         \
  X(DATAGRAM, "datagram", "datagrams", "too many samples a second")             \
  X(QUEUE, "queue", "datagrams", "the socket's queue was full")                 \
  X(CONNECTION, "connection", "connections", "too many at a time")              \
  X(TEXT, "text", "fields", "texts are not kept")                               \
  X(NAME, "name", "samples", "there is no name")                                \
  X(LABELS, "labels", "samples", "too many labels, too long ones, or one twice") \
  X(SERIES, "series", "samples", "too many series")                             \
  X(KIND, "kind", "samples", "the series is of another type")                   \
  X(VALUE, "value", "samples", "its type does not allow that value")            \
  X(MEMBERS, "members", "samples", "sets with too many members")                \
  X(TIME, "timestamp", "samples", "a timestamp beyond the year 2262")           \
  X(BUCKETS, "buckets", "points", "buckets that do not fit together, or are too many") \
  X(HISTOGRAM, "histogram", "histograms", "native histograms are not kept")     \
  X(EXEMPLAR, "exemplar", "exemplars", "exemplars are not kept")

#define PL_REASON_ENUM(symbol, name, of, text) PL_REASON_##symbol,
enum pl_reason { PL_REASON_MAP(PL_REASON_ENUM) PL_REASONS };
#undef PL_REASON_ENUM

/* The name of a reason, what is counted, and a text. */
const char *pl_reason_name(enum pl_reason r);
const char *pl_reason_of(enum pl_reason r);
const char *pl_reason_text(enum pl_reason r);

typedef struct pl_intake_limits {
  size_t series;      /* all in all */
  size_t labels;      /* of a series, its own */
  size_t label_bytes; /* of a name or a value */
  double samples_per_s;
} pl_intake_limits;

enum { PL_INTAKE_LABELS = 28 }; /* the most that a limit may allow: sources add theirs */

typedef struct pl_intake_options {
  const pl_allocator *alloc;
  const pl_clock *clock;
  pl_feed *feed;     /* borrowed */
  int64_t run;
  pl_str instance;   /* of series that have no label of that name; copied, as the two below */
  pl_str role, origin;
  pl_intake_limits limits;
} pl_intake_options;

typedef struct pl_intake pl_intake;

/* Errors: PL_EINVAL (limits), PL_ENOMEM. */
int pl_intake_new(const pl_intake_options *o, pl_intake **out, pl_error *err) PL_MUSTCHECK;
void pl_intake_free(pl_intake *in); /* NULL is fine */

/* What is sent of one series. */
typedef struct pl_intake_series {
  pl_str source;  /* "remote_write", "otlp" ...: the kind of the series' source */
  pl_str name;    /* any text: what no metric may be named becomes _ */
  pl_label *labels; /* put in order; empty values are dropped */
  size_t n_labels;
  enum pl_series_kind kind;
  pl_str unit, help;
} pl_intake_series;

/* The feed's handle of a series, for pl_intake_sample; or -1 - a reason, which the caller counts. The label `instance` is that of the source;
 * source, role and origin, which are names of ours, become exported_source and so on. */
int64_t pl_intake_find(pl_intake *in, const pl_intake_series *s);
/* One sample of a series. */
void pl_intake_sample(pl_intake *in, uint32_t series, int64_t ts_ns, double value);

/* One value that will be stored with others: it counts as a sample. */
void pl_intake_count(pl_intake *in);
/* What counted values became: a sample, or a distribution of the second that begins at ts_ms. */
void pl_intake_store(pl_intake *in, uint32_t series, int64_t ts_ns, double value);
void pl_intake_store_dist(pl_intake *in, uint32_t series, int64_t ts_ms, const pl_hist *h);

/* pl_intake_sample for what came since the last one: what is stored is the sum since the receiver began. Where memory runs out, nothing is. */
void pl_intake_add(pl_intake *in, uint32_t series, int64_t ts_ns, double more);

/* What senders said of families. */
pl_families *pl_intake_families(pl_intake *in);

/* Counts what was refused. */
void pl_intake_refuse(pl_intake *in, enum pl_reason why, uint64_t n);

/* Whether the rate of samples allows a further request, or further lines, now. */
bool pl_intake_has_room(pl_intake *in);

typedef struct pl_intake_counts {
  uint64_t samples;
  uint64_t series;
  uint64_t refused[PL_REASONS];
} pl_intake_counts;
const pl_intake_counts *pl_intake_counts_of(const pl_intake *in);

#endif
