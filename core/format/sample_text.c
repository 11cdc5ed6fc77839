/* Lines of samples: a part before the value, the value, a part behind it; the time is where the format has it. */
#include "format/sample_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"

enum { PART_MAX = 1 << 20 };

void pl_sample_text_init(pl_sample_text *t, const pl_allocator *a, enum pl_sample_format format, const pl_str *columns, size_t n_columns)
{
  *t = (pl_sample_text){.format = format, .columns = columns, .n_columns = n_columns};
  pl_buf_init(&t->before, a, PART_MAX);
  pl_buf_init(&t->after, a, PART_MAX);
}

void pl_sample_text_fini(pl_sample_text *t)
{
  pl_buf_fini(&t->before);
  pl_buf_fini(&t->after);
}

/* ---- Texts ----------------------------------------------------------------------------------------- */

/* s with a backslash before each of these characters, and line feeds as \n. */
static void put_escaped(pl_buf *out, pl_str s, const char *special)
{
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] == '\n') {
      (void)pl_buf_adds(out, "\\n");
      continue;
    }
    if (s.data[i] && strchr(special, s.data[i]))
      (void)pl_buf_addc(out, '\\');
    (void)pl_buf_addc(out, s.data[i]);
  }
}

static bool needs_quotes(pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] && strchr(",\"\r\n", s.data[i]))
      return true;
  }
  return false;
}

/* A field of CSV (RFC 4180). */
static void put_field(pl_buf *out, pl_str s)
{
  if (!needs_quotes(s)) {
    (void)pl_buf_add(out, s.data, s.len);
    return;
  }
  (void)pl_buf_addc(out, '"');
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] == '"')
      (void)pl_buf_addc(out, '"');
    (void)pl_buf_addc(out, s.data[i]);
  }
  (void)pl_buf_addc(out, '"');
}

/* Seconds since 1970 with all that is behind the point: "1700000000.000000001". */
static void put_seconds(pl_buf *out, int64_t ns)
{
  uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, part = size % PL_S_NS;
  (void)pl_buf_addf(out, "%s%" PRIu64, ns < 0 ? "-" : "", size / PL_S_NS);
  if (!part)
    return;
  int digits = 9;
  for (; part % 10 == 0; part /= 10)
    digits--;
  (void)pl_buf_addf(out, ".%0*" PRIu64, digits, part);
}

/* "2023-11-14T22:13:20.000000001Z" */
static void put_iso(pl_buf *out, int64_t ns)
{
  char text[32];
  pl_wall_text(ns, text);
  const char *point = strchr(text, '.');
  (void)pl_buf_add(out, text, point ? (size_t)(point - text) : strlen(text));
  int64_t part = ns % (int64_t)PL_S_NS;
  (void)pl_buf_addf(out, ".%09" PRId64 "Z", part < 0 ? part + (int64_t)PL_S_NS : part);
}

/* ---- Series ---------------------------------------------------------------------------------------- */

static void openmetrics_series(pl_sample_text *t, pl_str name, const pl_tag *tags, size_t n)
{
  (void)pl_buf_add(&t->before, name.data, name.len);
  for (size_t i = 0; i < n; i++) {
    (void)pl_buf_addc(&t->before, i ? ',' : '{');
    (void)pl_buf_add(&t->before, tags[i].name.data, tags[i].name.len);
    (void)pl_buf_adds(&t->before, "=\"");
    put_escaped(&t->before, tags[i].value, "\\\"");
    (void)pl_buf_addc(&t->before, '"');
  }
  (void)pl_buf_adds(&t->before, n ? "} " : " ");
}

static void csv_series(pl_sample_text *t, pl_str name, const pl_tag *tags, size_t n)
{
  (void)pl_buf_addc(&t->before, ',');
  put_field(&t->before, name);
  (void)pl_buf_addc(&t->before, ',');
  for (size_t c = 0; c < t->n_columns; c++) {
    (void)pl_buf_addc(&t->after, ',');
    for (size_t i = 0; i < n; i++) {
      if (pl_str_eq(tags[i].name, t->columns[c]))
        put_field(&t->after, tags[i].value);
    }
  }
}

static void ndjson_series(pl_sample_text *t, pl_str name, const pl_tag *tags, size_t n)
{
  pl_json_out j;
  (void)pl_buf_adds(&t->before, "\",\"metric\":");
  pl_json_out_init(&j, &t->before);
  pl_json_string(&j, name);
  (void)pl_buf_adds(&t->before, ",\"labels\":");
  pl_json_out_init(&j, &t->before);
  pl_json_begin_object(&j);
  for (size_t i = 0; i < n; i++) {
    pl_json_key(&j, tags[i].name);
    pl_json_string(&j, tags[i].value);
  }
  pl_json_end_object(&j);
  (void)pl_buf_adds(&t->before, ",\"value\":");
}

/* A part of an InfluxDB line. A backslash at its end would take what follows for its own, and cannot be written: it becomes _. */
static void put_influx(pl_buf *out, pl_str s, const char *special)
{
  size_t kept = s.len;
  while (kept > 0 && s.data[kept - 1] == '\\')
    kept--;
  put_escaped(out, (pl_str){s.data, kept}, special);
  for (size_t i = kept; i < s.len; i++)
    (void)pl_buf_addc(out, '_');
}

static void influx_series(pl_sample_text *t, pl_str name, const pl_tag *tags, size_t n)
{
  put_influx(&t->before, name, ", ");
  for (size_t i = 0; i < n; i++) {
    if (!tags[i].value.len)
      continue; /* it has no empty values */
    (void)pl_buf_addc(&t->before, ',');
    put_influx(&t->before, tags[i].name, ",= ");
    (void)pl_buf_addc(&t->before, '=');
    put_influx(&t->before, tags[i].value, ",= ");
  }
  (void)pl_buf_adds(&t->before, " value=");
}

int pl_sample_text_series(pl_sample_text *t, pl_str name, const pl_tag *tags, size_t n)
{
  static void (*const series[])(pl_sample_text *, pl_str, const pl_tag *, size_t) = {
      [PL_SAMPLE_OPENMETRICS] = openmetrics_series, [PL_SAMPLE_CSV] = csv_series, [PL_SAMPLE_NDJSON] = ndjson_series, [PL_SAMPLE_INFLUX] = influx_series};
  pl_buf_clear(&t->before);
  pl_buf_clear(&t->after);
  series[t->format](t, name, tags, n);
  return t->before.bad ? t->before.bad : t->after.bad;
}

/* ---- Lines ----------------------------------------------------------------------------------------- */

int pl_sample_text_head(const pl_sample_text *t, pl_buf *out)
{
  if (t->format != PL_SAMPLE_CSV)
    return PL_OK;
  (void)pl_buf_adds(out, "timestamp,metric,value");
  for (size_t c = 0; c < t->n_columns; c++) {
    (void)pl_buf_addc(out, ',');
    put_field(out, t->columns[c]);
  }
  return pl_buf_addc(out, '\n');
}

int pl_sample_text_end(const pl_sample_text *t, pl_buf *out)
{
  return t->format == PL_SAMPLE_OPENMETRICS ? pl_buf_adds(out, "# EOF\n") : PL_OK;
}

int pl_sample_text_line(const pl_sample_text *t, int64_t time_ns, double value, pl_buf *out)
{
  char number[32 + 2];
  size_t n = pl_double_text(value, number);
  if (t->format == PL_SAMPLE_NDJSON && value == 0 && signbit(value)) { /* -0 is a whole number, which has no sign there */
    memcpy(number + n, ".0", 2);
    n += 2;
  }
  bool quoted = t->format == PL_SAMPLE_NDJSON && !isfinite(value);
  if (t->format == PL_SAMPLE_INFLUX && !isfinite(value))
    return PL_ENOSYS;
  if (t->format == PL_SAMPLE_CSV) {
    put_seconds(out, time_ns);
  } else if (t->format == PL_SAMPLE_NDJSON) {
    (void)pl_buf_adds(out, "{\"timestamp\":\"");
    put_iso(out, time_ns);
  }
  (void)pl_buf_add(out, t->before.data, t->before.len);
  if (quoted)
    (void)pl_buf_addc(out, '"');
  (void)pl_buf_add(out, number, n);
  if (quoted)
    (void)pl_buf_addc(out, '"');
  (void)pl_buf_add(out, t->after.data, t->after.len);
  if (t->format == PL_SAMPLE_NDJSON) {
    (void)pl_buf_addc(out, '}');
  } else if (t->format != PL_SAMPLE_CSV) {
    (void)pl_buf_addc(out, ' ');
    if (t->format == PL_SAMPLE_INFLUX)
      (void)pl_buf_addf(out, "%" PRId64, time_ns);
    else
      put_seconds(out, time_ns);
  }
  return pl_buf_addc(out, '\n');
}
