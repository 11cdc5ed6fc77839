/* See remote_write.h. The wire format is read directly: a message holds thousands of series of one sample each, and a tree of it would
 * cost more than all the rest. Fields may stand in any order, so each message is read twice: once to check and count, once to tell. */
#include "format/remote_write.h"

#include <string.h>

#include "format/protobuf_wire.h"

/* Field numbers of prometheus/prompb/{remote,types}.proto. */
enum { REQUEST_SERIES = 1, REQUEST_METADATA = 3 };
enum { SERIES_LABELS = 1, SERIES_SAMPLES = 2, SERIES_EXEMPLARS = 3, SERIES_HISTOGRAMS = 4 };
enum { LABEL_NAME = 1, LABEL_VALUE = 2 };
enum { SAMPLE_VALUE = 1, SAMPLE_TIME = 2 };
enum { METADATA_TYPE = 1, METADATA_FAMILY = 2, METADATA_HELP = 4, METADATA_UNIT = 5 };

bool pl_remote_is_stale(double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits == PL_REMOTE_STALE;
}

static bool is(const pl_wire_field *f, uint32_t number, enum pl_wire_type type)
{
  return f->number == number && f->type == type;
}

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

static bool read_metadata(pl_str text, pl_remote_metadata *out)
{
  pl_wire_field f;
  int more;
  *out = (pl_remote_metadata){PL_REMOTE_UNKNOWN, {"", 0}, {"", 0}, {"", 0}};
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (is(&f, METADATA_TYPE, PL_WIRE_VARINT) && f.value < PL_REMOTE_TYPES)
      out->type = (enum pl_remote_type)f.value;
    else if (is(&f, METADATA_FAMILY, PL_WIRE_BYTES))
      out->family = f.bytes;
    else if (is(&f, METADATA_HELP, PL_WIRE_BYTES))
      out->help = f.bytes;
    else if (is(&f, METADATA_UNIT, PL_WIRE_BYTES))
      out->unit = f.bytes;
  }
  return more == 0;
}

/* All of a series but the values of its samples, whose form is checked; out->labels gets PL_REMOTE_LABELS at most. */
static bool read_series(pl_str text, pl_tag *labels, pl_remote_series *out)
{
  pl_wire_field f;
  int64_t ts_ms;
  double value;
  bool good = true;
  int more = 0;
  *out = (pl_remote_series){.labels = labels};
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (is(&f, SERIES_LABELS, PL_WIRE_BYTES)) {
      pl_tag extra;
      good = read_label(f.bytes, out->n_labels < PL_REMOTE_LABELS ? &labels[out->n_labels] : &extra);
      out->n_labels++;
    } else if (is(&f, SERIES_SAMPLES, PL_WIRE_BYTES)) {
      good = read_sample(f.bytes, &ts_ms, &value);
      out->samples++;
    } else if (is(&f, SERIES_EXEMPLARS, PL_WIRE_BYTES)) {
      out->exemplars++;
    } else if (is(&f, SERIES_HISTOGRAMS, PL_WIRE_BYTES)) {
      out->histograms++;
    }
  }
  return good && more == 0;
}

static int tell_series(pl_str text, const pl_remote_events *events)
{
  pl_tag labels[PL_REMOTE_LABELS];
  pl_remote_series series;
  pl_wire_field f;
  int code = 0;
  if (!read_series(text, labels, &series) || !events->series(events->user, &series))
    return 0;
  while (!code && pl_wire_next(&text, &f) > 0) {
    int64_t ts_ms;
    double value;
    if (is(&f, SERIES_SAMPLES, PL_WIRE_BYTES) && read_sample(f.bytes, &ts_ms, &value))
      code = events->sample(events->user, ts_ms, value);
  }
  return code;
}

/* Whether all that would be told is well-formed. */
static bool is_good(pl_str message)
{
  pl_tag labels[PL_REMOTE_LABELS];
  pl_remote_series series;
  pl_remote_metadata metadata;
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&message, &f)) > 0) {
    if (is(&f, REQUEST_SERIES, PL_WIRE_BYTES))
      good = read_series(f.bytes, labels, &series);
    else if (is(&f, REQUEST_METADATA, PL_WIRE_BYTES))
      good = read_metadata(f.bytes, &metadata);
  }
  return good && more == 0;
}

int pl_remote_write_read(pl_str message, const pl_remote_events *events)
{
  pl_wire_field f;
  int code = 0;
  if (!is_good(message))
    return PL_EPROTO;
  while (!code && pl_wire_next(&message, &f) > 0) {
    pl_remote_metadata metadata;
    if (is(&f, REQUEST_SERIES, PL_WIRE_BYTES))
      code = tell_series(f.bytes, events);
    else if (is(&f, REQUEST_METADATA, PL_WIRE_BYTES) && read_metadata(f.bytes, &metadata))
      code = events->metadata(events->user, &metadata);
  }
  return code;
}
