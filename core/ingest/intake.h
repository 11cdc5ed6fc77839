/* The way of what others send onto the timeline: names and labels are checked and made ours, limits are kept, what is refused is
 * counted by reason. The same for every protocol. The collector's thread. */
#ifndef PL_INGEST_INTAKE_H
#define PL_INGEST_INTAKE_H

#include "ingest/exemplars.h"
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
  X(TWICE, "twice", "samples", "the series came twice")                         \
  X(KIND, "kind", "samples", "the series is of another type")                   \
  X(VALUE, "value", "samples", "its type does not allow that value")            \
  X(MEMBERS, "members", "samples", "sets with too many members")                \
  X(TIME, "timestamp", "samples", "a timestamp beyond the year 2262")           \
  X(FIELD, "field", "records", "a value of another kind than its name wants")   \
  X(BUCKETS, "buckets", "points", "buckets that do not fit together, or are too many") \
  X(HISTOGRAM, "histogram", "histograms", "native histograms are not kept")     \
  X(TRACE_ID, "trace_id", "spans", "no trace id")                               \
  X(SPAN_ID, "span_id", "spans", "no span id")                                  \
  X(SPAN, "span", "spans", "times that do not fit")                             \
  X(SPANS, "spans", "spans", "too many spans")                                  \
  X(LOG, "log", "logs", "a timestamp beyond the year 2262")                     \
  X(LOGS, "logs", "logs", "too many logs")                                      \
  X(EXEMPLAR, "exemplar", "exemplars", "of series that are not kept")               \
  X(EXEMPLARS, "exemplars", "exemplars", "too many exemplars")

#define PL_REASON_ENUM(symbol, name, of, text) PL_REASON_##symbol,
enum pl_reason { PL_REASON_MAP(PL_REASON_ENUM) PL_REASONS };
#undef PL_REASON_ENUM

/* "rate": the name by which it is counted. */
const char *pl_reason_name(enum pl_reason r);
/* "requests": what is counted by it. */
const char *pl_reason_of(enum pl_reason r);
/* Why, in words. */
const char *pl_reason_text(enum pl_reason r);

/* Kinds of events that are received. */
enum pl_event_kind { PL_EVENT_SPAN, PL_EVENT_LOG, PL_EVENT_EXEMPLAR, PL_EVENT_KINDS };

typedef struct pl_intake_limits {
  size_t series;      /* all in all */
  size_t labels;      /* of a series, its own */
  size_t label_bytes; /* of a name or a value */
  size_t events[PL_EVENT_KINDS]; /* of a kind, all in all */
  double samples_per_s; /* and events */
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

/* A reason in the place of a handle: less than 0. */
static inline int pl_intake_refusal(enum pl_reason why)
{
  return -1 - (int)why;
}

/* The reason of one that is less than 0. */
static inline enum pl_reason pl_intake_reason(int64_t refusal)
{
  return (enum pl_reason)(-1 - refusal);
}

/* The feed's handle of a series, for pl_intake_sample; or a pl_intake_refusal, which the caller counts. The label `instance` is that of the source,
 * and so is `origin` where it is production or synthetic, and beside it a `role` that is one of ours; source, other roles and origins, which are names of ours,
 * become exported_source and so on. */
int64_t pl_intake_find(pl_intake *in, const pl_intake_series *s);
/* One sample of a series. */
void pl_intake_sample(pl_intake *in, uint32_t series, int64_t ts_ns, double value);

/* The same with a time in milliseconds; false: it is beyond the year 2262, which the caller counts as PL_REASON_TIME. */
bool pl_intake_sample_ms(pl_intake *in, uint32_t series, int64_t ts_ms, double value);

/* One value that its caller stores with others: it counts as a sample. */
void pl_intake_count(pl_intake *in);
/* What no sender sent, as a marker of staleness: it does not count. */
void pl_intake_store(pl_intake *in, uint32_t series, int64_t ts_ns, double value);
/* The same of a distribution of the second that begins at ts_ms. */
void pl_intake_store_dist(pl_intake *in, uint32_t series, int64_t ts_ms, const pl_hist *h);

/* pl_intake_sample for what came since the last one: what is stored is the sum since the receiver began. Where memory runs out, nothing is. */
void pl_intake_add(pl_intake *in, uint32_t series, int64_t ts_ns, double more);

/* Whether n more events of a kind are within the limits of their number. */
bool pl_intake_has_room_for(const pl_intake *in, enum pl_event_kind kind, size_t n);
/* Why one that is beyond them is refused. */
enum pl_reason pl_intake_too_many(enum pl_event_kind kind);
/* n events of a kind, as the record events_put takes them: one transaction. Errors are the store's; then none of them is there. */
int pl_intake_events(pl_intake *in, enum pl_event_kind kind, pl_str events, size_t n, pl_error *err) PL_MUSTCHECK;
/* Spans of a source of this kind, likewise, that belong to no run: those that are there already are passed over. */
int pl_intake_keep_spans(pl_intake *in, pl_str source_kind, pl_str spans, pl_error *err) PL_MUSTCHECK;
/* The longest text that a label, or an attribute, may have. */
size_t pl_intake_text_max(const pl_intake *in);

/* An exemplar of a series, whose time, where none is said, is that of its sample; it waits for the next function. false: it is refused, for a time
 * beyond the year 2262 or because there are too many, which is counted. */
bool pl_intake_exemplar(pl_intake *in, uint32_t series, int64_t ts_ns, const pl_exemplar *e);
/* What they came with is good, and stored: so are they. What there is no room for, or cannot be written, is counted. */
void pl_intake_exemplars_store(pl_intake *in);
/* It is not good. */
void pl_intake_exemplars_drop(pl_intake *in);

/* What senders said of families. */
pl_families *pl_intake_families(pl_intake *in);

/* Counts what was refused. */
void pl_intake_refuse(pl_intake *in, enum pl_reason why, uint64_t n);

/* Whether the rate of samples allows a further request, or further lines, now. */
bool pl_intake_rate_allows(pl_intake *in);

/* What came so far. */
typedef struct pl_intake_counts {
  uint64_t samples;
  uint64_t series;
  uint64_t events[PL_EVENT_KINDS];
  uint64_t refused[PL_REASONS];
} pl_intake_counts;

/* Valid as long as the intake; it goes on counting. */
const pl_intake_counts *pl_intake_counts_of(const pl_intake *in);

#endif
