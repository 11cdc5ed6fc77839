/* See influx.h. */
#include "ingest/influx.h"

#include <stdio.h>
#include <string.h>

#include "format/influx_line.h"

enum {
  NAME_SIZE = 512,
  TOLD = 5,        /* lines that the answer names: so many fit it, whatever their numbers and reasons */
  TOLD_SIZE = 400,
};

/* A body while it is taken. */
typedef struct taking {
  pl_intake *in;
  int64_t now_ns;
  uint64_t refused; /* lines, and fields that are beyond a limit */
  size_t told;
  size_t len;
  char text[TOLD_SIZE]; /* the first of those: "line 2: why; line 4: why" */
} taking;

static void refuse(taking *t, uint64_t line, enum pl_reason reason, const char *why)
{
  pl_intake_refuse(t->in, reason, 1);
  t->refused++;
  if (t->told == TOLD)
    return;
  int n = snprintf(t->text + t->len, TOLD_SIZE - t->len, "%sline %llu: %s", t->told ? "; " : "", (unsigned long long)line, why);
  t->told++;
  t->len = n < 0 ? t->len : (size_t)n < TOLD_SIZE - t->len ? t->len + (size_t)n : TOLD_SIZE - 1;
}

static int on_refused(void *user, const pl_refused *r)
{
  refuse(user, r->line, PL_REASON_LINE, pl_refusal_text(r->reason));
  return PL_OK;
}

/* The series' name in `out`; empty: it does not fit. */
static pl_str name_of(const pl_influx_field *f, char out[NAME_SIZE])
{
  bool own = pl_str_eqc(f->field, "value");
  size_t len = f->measurement.len + (own ? 0 : 1 + f->field.len);
  if (len > NAME_SIZE)
    return (pl_str){"", 0};
  memcpy(out, f->measurement.data, f->measurement.len);
  if (!own) {
    out[f->measurement.len] = '_';
    memcpy(out + f->measurement.len + 1, f->field.data, f->field.len);
  }
  return (pl_str){out, len};
}

static int on_field(void *user, const pl_influx_field *f)
{
  taking *t = user;
  char name[NAME_SIZE];
  pl_label labels[PL_LINE_TAGS];
  for (size_t i = 0; i < f->n_tags; i++)
    labels[i] = (pl_label){f->tags[i].name, f->tags[i].value};
  pl_intake_series series = {.source = PL_STR("influx"), .name = name_of(f, name), .labels = labels, .n_labels = f->n_tags,
                             .kind = PL_SERIES_GAUGE, .unit = {"", 0}, .help = {"", 0}};
  int64_t found = pl_intake_find(t->in, &series);
  if (found >= 0)
    pl_intake_sample(t->in, (uint32_t)found, f->has_time ? f->time_ns : t->now_ns, f->value);
  else
    refuse(t, f->line, pl_intake_reason(found), pl_reason_text(pl_intake_reason(found)));
  return PL_OK;
}

/* Nanoseconds of a precision's unit, as both versions name them; 0: there is none of that name. */
static int64_t unit_of(pl_str precision)
{
  static const struct {
    const char *name;
    int64_t ns;
  } units[] = {{"", 1},          {"n", 1},          {"ns", 1},          {"u", 1000},          {"us", 1000},
               {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}, {NULL, 0}};
  size_t i = 0;
  while (units[i].name && !pl_str_eqc(precision, units[i].name))
    i++;
  return units[i].ns;
}

static int read_lines(taking *t, const pl_message *m)
{
  const pl_influx_events events = {on_field, on_refused, t};
  int64_t unit_ns = unit_of(m->precision);
  pl_influx *p;
  pl_str text;
  int code = unit_ns ? pl_message_body(m, &text) : PL_EPROTO;
  if (!code)
    code = pl_influx_new(m->scratch->alloc, unit_ns, &events, &p);
  if (code)
    return code;
  code = pl_influx_read(p, &text, true);
  pl_intake_refuse(t->in, PL_REASON_TEXT, pl_influx_texts(p));
  pl_influx_free(p);
  return code;
}

/* json: what stands before the text that says what was refused. */
static void take(pl_intake *in, const pl_message *m, pl_reply *reply, const char *json)
{
  taking t = {.in = in, .now_ns = m->now_ns};
  int code = read_lines(&t, m);
  if (code) {
    pl_reply_refuse_code(in, reply, code);
    return;
  }
  reply->status = 204;
  if (!t.refused)
    return;
  pl_reply_text(reply, 400, "{%s\"partial write: %s%s dropped=%llu\"}", json, t.text, t.refused > t.told ? "; ..." : "", (unsigned long long)t.refused);
  reply->type = "application/json";
}

void pl_influx_take_v1(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  take(in, m, reply, "\"error\":");
}

void pl_influx_take_v2(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  take(in, m, reply, "\"code\":\"invalid\",\"message\":");
}
