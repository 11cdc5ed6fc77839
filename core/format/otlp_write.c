/* See otlp_write.h. Field numbers are those of opentelemetry/proto/metrics/v1/metrics.proto and its neighbours. */
#include "format/otlp_write.h"

#include <string.h>

#include "format/protobuf_wire.h"

enum { POINT_START = 2, POINT_TIME = 3, NUMBER_DOUBLE = 4, POINT_ATTRIBUTES = 7 };
enum { SUMMARY_COUNT = 4, SUMMARY_SUM = 5, SUMMARY_QUANTILES = 6 };
enum { CUMULATIVE = 2 };

static void put_text(pl_buf *out, uint32_t number, pl_str text)
{
  pl_wire_put_tag(out, number, PL_WIRE_BYTES);
  pl_wire_put_varint(out, text.len);
  (void)pl_buf_add(out, text.data, text.len);
}

static void put_fixed(pl_buf *out, uint32_t number, uint64_t value)
{
  pl_wire_put_tag(out, number, PL_WIRE_64);
  pl_wire_put_fixed(out, 8, value);
}

static void put_double(pl_buf *out, uint32_t number, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_fixed(out, number, bits);
}

/* A message as a field: what is put between begin and end. */
static size_t begin(pl_buf *out, uint32_t number)
{
  pl_wire_put_tag(out, number, PL_WIRE_BYTES);
  return out->len;
}

static void end(pl_buf *out, size_t from)
{
  pl_wire_put_length(out, from);
}

/* KeyValue with a text. */
static void put_pair(pl_buf *out, uint32_t number, pl_str name, pl_str text)
{
  size_t pair = begin(out, number);
  put_text(out, 1, name);
  size_t value = begin(out, 2);
  put_text(out, 1, text);
  end(out, value);
  end(out, pair);
}

void pl_otlp_put_attribute(pl_buf *attributes, pl_str name, pl_str value)
{
  put_pair(attributes, POINT_ATTRIBUTES, name, value);
}

static size_t begin_point(pl_buf *points, pl_str attributes, int64_t start_ns, int64_t ts_ns)
{
  size_t point = begin(points, 1);
  put_fixed(points, POINT_START, (uint64_t)start_ns);
  put_fixed(points, POINT_TIME, (uint64_t)ts_ns);
  (void)pl_buf_add(points, attributes.data, attributes.len);
  return point;
}

void pl_otlp_put_number(pl_buf *points, pl_str attributes, int64_t start_ns, int64_t ts_ns, double value)
{
  size_t point = begin_point(points, attributes, start_ns, ts_ns);
  put_double(points, NUMBER_DOUBLE, value);
  end(points, point);
}

void pl_otlp_put_summary(pl_buf *points, pl_str attributes, int64_t start_ns, int64_t ts_ns, const pl_otlp_totals *t)
{
  size_t point = begin_point(points, attributes, start_ns, ts_ns);
  put_fixed(points, SUMMARY_COUNT, t->count);
  put_double(points, SUMMARY_SUM, t->sum);
  for (size_t i = 0; i < t->n; i++) {
    size_t quantile = begin(points, SUMMARY_QUANTILES);
    put_double(points, 1, t->quantiles[i]);
    put_double(points, 2, t->values[i]);
    end(points, quantile);
  }
  end(points, point);
}

void pl_otlp_put_metric(pl_buf *metrics, pl_str name, pl_str unit, enum pl_otlp_kind kind, pl_buf *points)
{
  size_t metric = begin(metrics, 2);
  put_text(metrics, 1, name);
  if (unit.len)
    put_text(metrics, 3, unit);
  size_t data = begin(metrics, kind == PL_OTLP_SUM ? 7 : kind == PL_OTLP_SUMMARY ? 11 : 5);
  (void)pl_buf_add(metrics, points->data, points->len);
  if (kind == PL_OTLP_SUM) {
    pl_wire_put_tag(metrics, 2, PL_WIRE_VARINT);
    pl_wire_put_varint(metrics, CUMULATIVE);
    pl_wire_put_tag(metrics, 3, PL_WIRE_VARINT);
    pl_wire_put_varint(metrics, 1);
  }
  end(metrics, data);
  end(metrics, metric);
  if (points->bad && !metrics->bad)
    metrics->bad = points->bad;
  pl_buf_clear(points);
}

void pl_otlp_put_request(pl_buf *out, pl_str service, pl_str scope, const pl_buf *metrics)
{
  size_t whole = begin(out, 1), resource = begin(out, 1);
  put_pair(out, 1, PL_STR("service.name"), service);
  end(out, resource);
  size_t list = begin(out, 2), measured_by = begin(out, 1);
  put_text(out, 1, scope);
  end(out, measured_by);
  (void)pl_buf_add(out, metrics->data, metrics->len);
  end(out, list);
  end(out, whole);
  if (metrics->bad && !out->bad)
    out->bad = metrics->bad;
}
