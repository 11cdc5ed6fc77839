/* See intake.h. A series is found by its name and labels in one look-up; only a new one is checked, and given a source. */
#include "ingest/intake.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"
#include "store/labels.h"

enum { KEY_MAX = 16 << 10, NAME_MAX_BYTES = 255, TEXT_MAX = 256, SERIES_MOST = 1 << 20 };

struct pl_intake {
  pl_intake_options o;
  char instance[TEXT_MAX], role[32], origin[32];
  pl_intern *known;   /* source, name, labels and values, each with its length before it -> */
  uint32_t *handles;  /* of the feed */
  size_t cap_handles;
  pl_families *families;
  pl_exemplars *exemplars;
  pl_buf key, names;  /* scratch: of a look-up; names that were changed */
  double *totals;     /* by the feed's handle: of series that are told by what came */
  size_t cap_totals;
  double tokens;      /* samples that may come now; below 0: too many came */
  uint64_t filled_ns;
  pl_intake_counts counts;
};

#define REASON_NAME(symbol, name, of, text) name,
#define REASON_OF(symbol, name, of, text) of,
#define REASON_TEXT(symbol, name, of, text) text,
const char *pl_reason_name(enum pl_reason r)
{
  static const char *const names[] = {PL_REASON_MAP(REASON_NAME)};
  return names[r];
}

const char *pl_reason_of(enum pl_reason r)
{
  static const char *const units[] = {PL_REASON_MAP(REASON_OF)};
  return units[r];
}

const char *pl_reason_text(enum pl_reason r)
{
  static const char *const texts[] = {PL_REASON_MAP(REASON_TEXT)};
  return texts[r];
}

int pl_intake_new(const pl_intake_options *o, pl_intake **out, pl_error *err)
{
  const pl_intake_limits *l = &o->limits;
  if (!l->series || l->series > SERIES_MOST || l->labels > PL_INTAKE_LABELS || !(l->samples_per_s > 0))
    return pl_fail(err, PL_EINVAL, "limits: 1 to %d series, at most %d labels, a rate above 0", SERIES_MOST, PL_INTAKE_LABELS);
  pl_intake *in = pl_alloc_zero(o->alloc, 1, sizeof *in);
  if (!in)
    return pl_fail(err, PL_ENOMEM, "out of memory for a receiver");
  in->o = *o;
  in->known = pl_intern_new(o->alloc, (uint32_t)l->series);
  in->families = pl_families_new(o->alloc);
  in->exemplars = pl_exemplars_new(o->alloc, o->feed, o->run);
  (void)pl_copy(in->instance, sizeof in->instance, o->instance);
  (void)pl_copy(in->role, sizeof in->role, o->role);
  (void)pl_copy(in->origin, sizeof in->origin, o->origin);
  pl_buf_init(&in->key, o->alloc, KEY_MAX);
  pl_buf_init(&in->names, o->alloc, KEY_MAX);
  if (!in->known || !in->families || !in->exemplars) {
    pl_intake_free(in);
    return pl_fail(err, PL_ENOMEM, "out of memory for a receiver");
  }
  in->tokens = l->samples_per_s;
  in->filled_ns = pl_now(o->clock);
  *out = in;
  return PL_OK;
}

void pl_intake_free(pl_intake *in)
{
  if (!in)
    return;
  pl_intern_free(in->known);
  pl_families_free(in->families);
  pl_exemplars_free(in->exemplars);
  pl_free(in->o.alloc, in->handles, in->cap_handles * sizeof *in->handles);
  pl_free(in->o.alloc, in->totals, in->cap_totals * sizeof *in->totals);
  pl_buf_fini(&in->key);
  pl_buf_fini(&in->names);
  pl_free(in->o.alloc, in, sizeof *in);
}

const pl_intake_counts *pl_intake_counts_of(const pl_intake *in)
{
  return &in->counts;
}

pl_families *pl_intake_families(pl_intake *in)
{
  return in->families;
}

void pl_intake_refuse(pl_intake *in, enum pl_reason why, uint64_t n)
{
  in->counts.refused[why] += n;
}

bool pl_intake_rate_allows(pl_intake *in)
{
  uint64_t now = pl_now(in->o.clock);
  double most = in->o.limits.samples_per_s;
  in->tokens += (double)(now - in->filled_ns) / (double)PL_S_NS * most;
  in->tokens = in->tokens > most ? most : in->tokens;
  in->filled_ns = now;
  return in->tokens > 0;
}

/* ---- Series ------------------------------------------------------------------------------------------ */

static bool add_text(pl_buf *b, pl_str s)
{
  return !pl_buf_add(b, &s.len, sizeof s.len) && !pl_buf_add(b, s.data, s.len);
}

/* Drops labels without a value and puts the others in order. */
static size_t tidy(pl_label *labels, size_t n)
{
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (labels[i].value.len)
      labels[kept++] = labels[i];
  }
  pl_labels_sort(labels, kept);
  return kept;
}

static bool make_key(pl_intake *in, const pl_intake_series *s, size_t n)
{
  pl_buf_clear(&in->key);
  bool good = add_text(&in->key, s->source) && add_text(&in->key, s->name);
  for (size_t i = 0; i < n && good; i++)
    good = add_text(&in->key, s->labels[i].name) && add_text(&in->key, s->labels[i].value);
  return good;
}

/* Of labels in order: whether a name is there twice. */
static bool names_twice(const pl_label *labels, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    if (pl_str_eq(labels[i - 1].name, labels[i].name))
      return true;
  }
  return false;
}

static bool labels_good(const pl_intake *in, const pl_label *labels, size_t n)
{
  const pl_intake_limits *l = &in->o.limits;
  bool good = n <= l->labels + 1; /* the label instance becomes the source's */
  for (size_t i = 0; i < n && good; i++) {
    good = labels[i].name.len && labels[i].name.len <= l->label_bytes && labels[i].value.len <= l->label_bytes &&
           !memchr(labels[i].name.data, '\0', labels[i].name.len) && !memchr(labels[i].value.data, '\0', labels[i].value.len);
  }
  return good && !names_twice(labels, n);
}

/* A text as a metric may be named: [a-zA-Z_:][a-zA-Z0-9_:]*, what is not becomes _. In the scratch buffer; data NULL: it does not fit. */
static pl_str metric_name(pl_intake *in, pl_str name)
{
  if (pl_store_is_metric(name))
    return name;
  size_t at = in->names.len;
  if (name.data[0] >= '0' && name.data[0] <= '9')
    (void)pl_buf_addc(&in->names, '_');
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
    (void)pl_buf_addc(&in->names, good ? c : '_');
  }
  pl_str made = {in->names.data + at, in->names.len - at};
  return in->names.bad || made.len > NAME_MAX_BYTES ? (pl_str){NULL, 0} : made;
}

static bool is_ours(pl_str name)
{
  return pl_str_eqc(name, "source") || pl_str_eqc(name, "role") || pl_str_eqc(name, "origin");
}

static pl_str exported(pl_str name)
{
  return pl_str_eqc(name, "source") ? PL_STR("exported_source") : pl_str_eqc(name, "role") ? PL_STR("exported_role") : PL_STR("exported_origin");
}

/* Whether a label says in our words what the load of its series is: that of a series that was ours before. */
static bool is_origin(const pl_label *l)
{
  return pl_str_eqc(l->name, "origin") && (pl_str_eqc(l->value, "production") || pl_str_eqc(l->value, "synthetic"));
}

/* Whether a label says in our words whose figures its series is. */
static bool is_role(const pl_label *l)
{
  static const char *const roles[] = {"generator", "target", "both", "other"};
  bool known = false;
  for (size_t i = 0; i < sizeof roles / sizeof *roles && !known; i++)
    known = pl_str_eqc(l->value, roles[i]);
  return known && pl_str_eqc(l->name, "role");
}

/* Takes out what is said of the source, and names labels that are ours differently. A role is ours beside an origin that is. */
static size_t own_labels(pl_label *labels, size_t n, pl_str *instance, pl_str *origin, pl_str *role)
{
  size_t kept = 0;
  bool was_ours = false;
  for (size_t i = 0; i < n; i++)
    was_ours = was_ours || is_origin(&labels[i]);
  for (size_t i = 0; i < n; i++) {
    pl_str *of_source = pl_str_eqc(labels[i].name, "instance") ? instance : is_origin(&labels[i]) ? origin : was_ours && is_role(&labels[i]) ? role : NULL;
    if (of_source) {
      *of_source = labels[i].value;
      continue;
    }
    labels[kept] = labels[i];
    if (is_ours(labels[i].name))
      labels[kept].name = exported(labels[i].name);
    kept++;
  }
  pl_labels_sort(labels, kept);
  return kept;
}

static bool remember(pl_intake *in, uint32_t handle)
{
  size_t n = pl_intern_count(in->known);
  if (!pl_reach(in->o.alloc, (void **)&in->handles, &in->cap_handles, n, sizeof *in->handles))
    return false;
  in->handles[n] = handle;
  return pl_intern_id(in->known, (pl_str){in->key.data, in->key.len}) >= 0;
}

/* A series that is new: its labels are in order. */
static int64_t make_series(pl_intake *in, const pl_intake_series *s, size_t n)
{
  pl_str instance = pl_str_of(in->instance), origin = pl_str_of(in->origin), role = pl_str_of(in->role);
  pl_buf_clear(&in->names);
  if (!labels_good(in, s->labels, n))
    return pl_intake_refusal(PL_REASON_LABELS);
  n = own_labels(s->labels, n, &instance, &origin, &role);
  pl_series_spec spec = {.name = s->name.len ? metric_name(in, s->name) : s->name, .labels = s->labels, .n_labels = n, .kind = s->kind,
                         .unit = s->unit, .help = s->help};
  if (!spec.name.len)
    return pl_intake_refusal(PL_REASON_NAME);
  if (n > in->o.limits.labels || names_twice(s->labels, n)) /* exported_role beside a role, for one */
    return pl_intake_refusal(PL_REASON_LABELS);
  if (pl_intern_count(in->known) >= in->o.limits.series)
    return pl_intake_refusal(PL_REASON_SERIES);
  pl_feed_source source = {s->source, instance, role, origin};
  uint32_t owner, handle;
  int code = pl_feed_source_get(in->o.feed, &source, &owner, NULL);
  if (!code)
    code = pl_feed_series(in->o.feed, owner, &spec, &handle, NULL);
  if (code)
    return pl_intake_refusal(code == PL_ELIMIT ? PL_REASON_SERIES : PL_REASON_STORE);
  if (!remember(in, handle))
    return pl_intake_refusal(PL_REASON_BUSY);
  in->counts.series++;
  return handle;
}

int64_t pl_intake_find(pl_intake *in, const pl_intake_series *s)
{
  size_t n = tidy(s->labels, s->n_labels);
  if (!make_key(in, s, n))
    return pl_intake_refusal(PL_REASON_LABELS);
  int64_t at = pl_intern_find(in->known, (pl_str){in->key.data, in->key.len});
  return at >= 0 ? in->handles[at] : make_series(in, s, n);
}

void pl_intake_count(pl_intake *in)
{
  in->counts.samples++;
  in->tokens -= 1;
}

/* The store keeps its errors. */
void pl_intake_store(pl_intake *in, uint32_t series, int64_t ts_ns, double value)
{
  (void)pl_feed_sample(in->o.feed, series, in->o.run, ts_ns, value);
}

void pl_intake_store_dist(pl_intake *in, uint32_t series, int64_t ts_ms, const pl_hist *h)
{
  (void)pl_feed_dist(in->o.feed, series, in->o.run, ts_ms, 1, h);
}

void pl_intake_sample(pl_intake *in, uint32_t series, int64_t ts_ns, double value)
{
  pl_intake_store(in, series, ts_ns, value);
  pl_intake_count(in);
}

bool pl_intake_sample_ms(pl_intake *in, uint32_t series, int64_t ts_ms, double value)
{
  int64_t ts_ns;
  if (__builtin_mul_overflow(ts_ms, (int64_t)PL_MS_NS, &ts_ns))
    return false;
  pl_intake_sample(in, series, ts_ns, value);
  return true;
}

void pl_intake_add(pl_intake *in, uint32_t series, int64_t ts_ns, double more)
{
  if (!pl_reach(in->o.alloc, (void **)&in->totals, &in->cap_totals, series, sizeof *in->totals)) {
    pl_intake_refuse(in, PL_REASON_BUSY, 1);
    return;
  }
  in->totals[series] += more;
  pl_intake_sample(in, series, ts_ns, in->totals[series]);
}

/* ---- Events ------------------------------------------------------------------------------------------ */

static const struct event_kind {
  pl_str name;
  enum pl_reason too_many;
} event_kinds[] = {[PL_EVENT_SPAN] = {{"span", 4}, PL_REASON_SPANS}, [PL_EVENT_LOG] = {{"log", 3}, PL_REASON_LOGS},
                   [PL_EVENT_EXEMPLAR] = {{"exemplar", 8}, PL_REASON_EXEMPLARS}};

bool pl_intake_has_room_for(const pl_intake *in, enum pl_event_kind kind, size_t n)
{
  return in->counts.events[kind] + n <= in->o.limits.events[kind];
}

enum pl_reason pl_intake_too_many(enum pl_event_kind kind)
{
  return event_kinds[kind].too_many;
}

size_t pl_intake_text_max(const pl_intake *in)
{
  return in->o.limits.label_bytes;
}

int pl_intake_keep_spans(pl_intake *in, pl_str source_kind, pl_str spans, pl_error *err)
{
  const pl_feed_source source = {source_kind, pl_str_of(in->instance), pl_str_of(in->role), pl_str_of(in->origin)};
  const pl_field fields[] = {{.name = "source", .type = PL_FIELD_TEXT, .bytes = source.kind},
                             {.name = "instance", .type = PL_FIELD_TEXT, .bytes = source.instance},
                             {.name = "role", .type = PL_FIELD_TEXT, .bytes = source.role},
                             {.name = "origin", .type = PL_FIELD_TEXT, .bytes = source.origin},
                             {.name = "events", .type = PL_FIELD_TEXT, .bytes = spans}};
  uint32_t handle;
  int code = pl_feed_source_get(in->o.feed, &source, &handle, err);
  return code ? code : pl_feed_record(in->o.feed, "spans_keep", fields, sizeof fields / sizeof *fields, err);
}

int pl_intake_events(pl_intake *in, enum pl_event_kind kind, pl_str events, size_t n, pl_error *err)
{
  const pl_field fields[] = {{.name = "run", .type = PL_FIELD_INT, .integer = in->o.run},
                             {.name = "kind", .type = PL_FIELD_TEXT, .bytes = event_kinds[kind].name},
                             {.name = "events", .type = PL_FIELD_TEXT, .bytes = events}};
  int code = pl_feed_record(in->o.feed, "events_put", fields, sizeof fields / sizeof *fields, err);
  if (code)
    return code;
  in->counts.events[kind] += n;
  in->tokens -= (double)n;
  return PL_OK;
}

bool pl_intake_exemplar(pl_intake *in, uint32_t series, int64_t ts_ns, const pl_exemplar *e)
{
  pl_exemplar timed = *e;
  timed.time_ns = e->time_ns ? e->time_ns : ts_ns;
  bool good = timed.time_ns >= 0 && pl_exemplars_add(in->exemplars, series, &timed, in->o.limits.label_bytes);
  if (!good)
    pl_intake_refuse(in, timed.time_ns < 0 ? PL_REASON_TIME : PL_REASON_EXEMPLARS, 1);
  return good;
}

void pl_intake_exemplars_store(pl_intake *in)
{
  uint64_t *count = &in->counts.events[PL_EVENT_EXEMPLAR];
  size_t most = in->o.limits.events[PL_EVENT_EXEMPLAR], n, left;
  if (pl_exemplars_store(in->exemplars, most > *count ? most - *count : 0, &n, &left, NULL))
    pl_intake_refuse(in, PL_REASON_STORE, 1);
  *count += n;
  pl_intake_refuse(in, PL_REASON_EXEMPLARS, left);
}

void pl_intake_exemplars_drop(pl_intake *in)
{
  pl_exemplars_drop(in->exemplars);
}
