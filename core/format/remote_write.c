/* See remote_write.h. The wire format is read directly: a message holds thousands of series of one sample each, and a tree of it would
 * cost more than all the rest. Fields may stand in any order, so each message is read twice: once to check and count, once to tell. */
#include "format/remote_write.h"

#include <string.h>

#include "format/protobuf_wire.h"

/* Field numbers of prometheus/prompb/{remote,types}.proto, and of io/prometheus/write/v2/types.proto. */
enum { REQUEST_SERIES = 1, REQUEST_METADATA = 3 };
enum { V2_SYMBOLS = 4, V2_SERIES = 5 };
enum { SERIES_LABELS = 1, SERIES_SAMPLES = 2, SERIES_EXEMPLARS = 3, SERIES_HISTOGRAMS = 4 };
enum { V2_HISTOGRAMS = 3, V2_EXEMPLARS = 4, V2_METADATA = 5 };
enum { LABEL_NAME = 1, LABEL_VALUE = 2 };
enum { SAMPLE_VALUE = 1, SAMPLE_TIME = 2 };
enum { EXEMPLAR_LABEL = 1, EXEMPLAR_VALUE = 2, EXEMPLAR_TIME = 3, EXEMPLAR_LABELS = 16 /* most that are told */ };
enum { METADATA_TYPE = 1, METADATA_FAMILY = 2, METADATA_HELP = 4, METADATA_UNIT = 5 };
enum { V2_METADATA_HELP = 3, V2_METADATA_UNIT = 4 };

/* What a message's version makes different. */
typedef struct dialect {
  uint32_t series, exemplars, histograms; /* numbers of these fields */
  bool v2;               /* texts are numbers of symbols: */
  const pl_str *symbols;
  size_t n_symbols;
} dialect;

static const dialect V1 = {.series = REQUEST_SERIES, .exemplars = SERIES_EXEMPLARS, .histograms = SERIES_HISTOGRAMS};

static bool is(const pl_wire_field *f, uint32_t number, enum pl_wire_type type)
{
  return f->number == number && f->type == type;
}

/* ---- Texts ------------------------------------------------------------------------------------------ */

static bool read_label(pl_str text, pl_tag *out)
{
  pl_wire_field f;
  int more;
  *out = (pl_tag){{"", 0}, {"", 0}};
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (is(&f, LABEL_NAME, PL_WIRE_BYTES))
      out->name = f.bytes;
    else if (is(&f, LABEL_VALUE, PL_WIRE_BYTES))
      out->value = f.bytes;
  }
  return more == 0;
}

static bool symbol(const dialect *d, uint64_t ref, pl_str *out)
{
  bool good = ref < d->n_symbols;
  if (good)
    *out = d->symbols[ref];
  return good;
}

/* Labels while they are read: `list` gets `most` of them, n counts all. */
typedef struct labels {
  pl_tag *list;
  size_t most, n;
  bool halved; /* the last one, by numbers, has its name alone */
} labels;

/* The name of a label, or the value of the last one. */
static bool add_half(const dialect *d, labels *l, uint64_t ref)
{
  pl_tag extra, *tag = l->n < l->most ? &l->list[l->n] : &extra;
  if (!symbol(d, ref, l->halved ? &tag->value : &tag->name))
    return false;
  l->n += l->halved;
  l->halved = !l->halved;
  return true;
}

/* A field of labels: one of them, or numbers of their halves, packed or not. */
static bool add_labels(const dialect *d, const pl_wire_field *f, labels *l)
{
  pl_str rest = f->bytes;
  uint64_t ref = f->value;
  if (d->v2 && f->type == PL_WIRE_VARINT)
    return add_half(d, l, ref);
  if (f->type != PL_WIRE_BYTES)
    return true;
  if (!d->v2) {
    pl_tag extra, *tag = l->n < l->most ? &l->list[l->n] : &extra;
    l->n++;
    return read_label(rest, tag);
  }
  while (rest.len) {
    if (!pl_wire_varint(&rest, &ref) || !add_half(d, l, ref))
      return false;
  }
  return true;
}

/* ---- Parts of a series ------------------------------------------------------------------------------ */

static bool read_sample(pl_str text, int64_t *ts_ms, double *value)
{
  pl_wire_field f;
  int more;
  *ts_ms = 0;
  *value = 0;
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (is(&f, SAMPLE_VALUE, PL_WIRE_64))
      memcpy(value, &f.value, sizeof *value);
    else if (is(&f, SAMPLE_TIME, PL_WIRE_VARINT))
      *ts_ms = (int64_t)f.value;
  }
  return more == 0;
}

static void set_type(const pl_wire_field *f, pl_remote_metadata *out)
{
  if (is(f, METADATA_TYPE, PL_WIRE_VARINT) && f->value < PL_REMOTE_TYPES)
    out->type = (enum pl_remote_type)f->value;
}

static bool read_metadata(pl_str text, pl_remote_metadata *out)
{
  pl_wire_field f;
  int more;
  *out = (pl_remote_metadata){PL_REMOTE_UNKNOWN, {"", 0}, {"", 0}, {"", 0}};
  while ((more = pl_wire_next(&text, &f)) > 0) {
    set_type(&f, out);
    if (is(&f, METADATA_FAMILY, PL_WIRE_BYTES))
      out->family = f.bytes;
    else if (is(&f, METADATA_HELP, PL_WIRE_BYTES))
      out->help = f.bytes;
    else if (is(&f, METADATA_UNIT, PL_WIRE_BYTES))
      out->unit = f.bytes;
  }
  return more == 0;
}

/* That of a series of 2.0. */
static bool read_own_metadata(const dialect *d, pl_str text, pl_remote_metadata *out)
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    set_type(&f, out);
    if (is(&f, V2_METADATA_HELP, PL_WIRE_VARINT))
      good = symbol(d, f.value, &out->help);
    else if (is(&f, V2_METADATA_UNIT, PL_WIRE_VARINT))
      good = symbol(d, f.value, &out->unit);
  }
  return good && more == 0;
}

/* An exemplar, whose labels go to tags. */
static bool read_exemplar(const dialect *d, pl_str text, pl_tag tags[EXEMPLAR_LABELS], pl_exemplar *out)
{
  labels l = {.list = tags, .most = EXEMPLAR_LABELS};
  pl_wire_field f;
  bool good = true;
  int more = 0;
  *out = (pl_exemplar){.tags = tags};
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (f.number == EXEMPLAR_LABEL)
      good = add_labels(d, &f, &l);
    else if (is(&f, EXEMPLAR_VALUE, PL_WIRE_64))
      memcpy(&out->value, &f.value, sizeof out->value);
    else if (is(&f, EXEMPLAR_TIME, PL_WIRE_VARINT) && __builtin_mul_overflow((int64_t)f.value, INT64_C(1000000), &out->time_ns))
      out->time_ns = -1;
  }
  out->n_tags = l.n < l.most ? l.n : l.most;
  pl_exemplar_find_ids(out);
  return good && more == 0 && !l.halved;
}

/* All of a series but the values of its samples, whose form is checked; list gets PL_REMOTE_LABELS at most. */
static bool read_series(const dialect *d, pl_str text, pl_tag *list, pl_remote_series *out)
{
  labels l = {.list = list, .most = PL_REMOTE_LABELS};
  pl_wire_field f;
  pl_tag tags[EXEMPLAR_LABELS];
  pl_exemplar exemplar;
  int64_t ts_ms;
  double value;
  bool good = true;
  int more = 0;
  *out = (pl_remote_series){.labels = list, .metadata = {.family = {"", 0}, .help = {"", 0}, .unit = {"", 0}}};
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (f.number == SERIES_LABELS) {
      good = add_labels(d, &f, &l);
    } else if (is(&f, SERIES_SAMPLES, PL_WIRE_BYTES)) {
      good = read_sample(f.bytes, &ts_ms, &value);
      out->samples++;
    } else if (is(&f, d->exemplars, PL_WIRE_BYTES)) {
      good = read_exemplar(d, f.bytes, tags, &exemplar);
      out->exemplars++;
    } else if (is(&f, d->histograms, PL_WIRE_BYTES)) {
      out->histograms++;
    } else if (d->v2 && is(&f, V2_METADATA, PL_WIRE_BYTES)) {
      good = read_own_metadata(d, f.bytes, &out->metadata);
    }
  }
  out->n_labels = l.n;
  return good && more == 0 && !l.halved;
}

static int tell_series(const dialect *d, pl_str text, const pl_remote_events *events)
{
  pl_tag list[PL_REMOTE_LABELS];
  pl_remote_series series;
  pl_wire_field f;
  int code = 0;
  if (!read_series(d, text, list, &series) || !events->series(events->user, &series))
    return 0;
  while (!code && pl_wire_next(&text, &f) > 0) {
    pl_tag tags[EXEMPLAR_LABELS];
    pl_exemplar exemplar;
    int64_t ts_ms;
    double value;
    if (is(&f, SERIES_SAMPLES, PL_WIRE_BYTES) && read_sample(f.bytes, &ts_ms, &value))
      code = events->sample(events->user, ts_ms, value);
    else if (events->exemplar && is(&f, d->exemplars, PL_WIRE_BYTES) && read_exemplar(d, f.bytes, tags, &exemplar))
      code = events->exemplar(events->user, &exemplar);
  }
  return code;
}

/* ---- Messages --------------------------------------------------------------------------------------- */

/* Whether all that would be told is well-formed. */
static bool is_good(const dialect *d, pl_str message)
{
  pl_tag list[PL_REMOTE_LABELS];
  pl_remote_series series;
  pl_remote_metadata metadata;
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&message, &f)) > 0) {
    if (is(&f, d->series, PL_WIRE_BYTES))
      good = read_series(d, f.bytes, list, &series);
    else if (!d->v2 && is(&f, REQUEST_METADATA, PL_WIRE_BYTES))
      good = read_metadata(f.bytes, &metadata);
  }
  return good && more == 0;
}

static int tell(const dialect *d, pl_str message, const pl_remote_events *events)
{
  pl_wire_field f;
  int code = 0;
  if (!is_good(d, message))
    return PL_EPROTO;
  while (!code && pl_wire_next(&message, &f) > 0) {
    pl_remote_metadata metadata;
    if (is(&f, d->series, PL_WIRE_BYTES))
      code = tell_series(d, f.bytes, events);
    else if (!d->v2 && is(&f, REQUEST_METADATA, PL_WIRE_BYTES) && read_metadata(f.bytes, &metadata))
      code = events->metadata(events->user, &metadata);
  }
  return code;
}

int pl_remote_write_read(pl_str message, const pl_remote_events *events)
{
  return tell(&V1, message, events);
}

/* The table of texts, the first of which is empty. */
static int read_symbols(pl_str message, pl_buf *symbols)
{
  pl_wire_field f;
  while (!symbols->bad && pl_wire_next(&message, &f) > 0) {
    if (!is(&f, V2_SYMBOLS, PL_WIRE_BYTES))
      continue;
    if (!symbols->len && f.bytes.len)
      return PL_EPROTO;
    (void)pl_buf_add(symbols, &f.bytes, sizeof f.bytes);
  }
  return symbols->bad;
}

int pl_remote_write_read_v2(pl_str message, pl_buf *symbols, const pl_remote_events *events)
{
  int code = read_symbols(message, symbols);
  const dialect d = {.series = V2_SERIES, .exemplars = V2_EXEMPLARS, .histograms = V2_HISTOGRAMS, .v2 = true,
                     .symbols = (const pl_str *)(const void *)symbols->data, .n_symbols = symbols->len / sizeof(pl_str)};
  return code ? code : tell(&d, message, events);
}

/* ---- Writing ---------------------------------------------------------------------------------------- */

static void put_text(pl_buf *out, uint32_t number, pl_str text)
{
  pl_wire_put_tag(out, number, PL_WIRE_BYTES);
  pl_wire_put_varint(out, text.len);
  (void)pl_buf_add(out, text.data, text.len);
}

void pl_remote_put_label(pl_buf *series, pl_str name, pl_str value)
{
  pl_wire_put_tag(series, SERIES_LABELS, PL_WIRE_BYTES);
  size_t from = series->len;
  put_text(series, LABEL_NAME, name);
  put_text(series, LABEL_VALUE, value);
  pl_wire_put_length(series, from);
}

void pl_remote_put_sample(pl_buf *series, int64_t ts_ms, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  pl_wire_put_tag(series, SERIES_SAMPLES, PL_WIRE_BYTES);
  size_t from = series->len;
  pl_wire_put_tag(series, SAMPLE_VALUE, PL_WIRE_64);
  pl_wire_put_fixed(series, sizeof bits, bits);
  pl_wire_put_tag(series, SAMPLE_TIME, PL_WIRE_VARINT);
  pl_wire_put_varint(series, (uint64_t)ts_ms);
  pl_wire_put_length(series, from);
}

void pl_remote_put_series(pl_buf *message, pl_buf *series)
{
  if (series->bad && !message->bad)
    message->bad = series->bad;
  put_text(message, REQUEST_SERIES, (pl_str){series->data ? series->data : "", series->len});
  pl_buf_clear(series);
}

void pl_remote_put_metadata(pl_buf *message, const pl_remote_metadata *m)
{
  const pl_str texts[] = {m->family, m->help, m->unit};
  const uint32_t numbers[] = {METADATA_FAMILY, METADATA_HELP, METADATA_UNIT};
  pl_wire_put_tag(message, REQUEST_METADATA, PL_WIRE_BYTES);
  size_t from = message->len;
  pl_wire_put_tag(message, METADATA_TYPE, PL_WIRE_VARINT);
  pl_wire_put_varint(message, m->type);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (texts[i].len)
      put_text(message, numbers[i], texts[i]);
  }
  pl_wire_put_length(message, from);
}
