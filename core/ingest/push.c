/* See push.h. The text is read twice: a push that is not good as a whole leaves nothing. */
#include "ingest/push.h"

#include <string.h>

#include "base/base64.h"
#include "format/prometheus_text.h"

enum { GROUP_MAX = 16, GROUP_TEXT = 8 << 10, LABELS_MAX = GROUP_MAX + PL_LINE_TAGS };

/* A push while it is taken. */
typedef struct taking {
  pl_intake *in;
  int64_t now_ns;
  pl_label group[GROUP_MAX]; /* of the path */
  size_t n_group;
  pl_buf texts;              /* values that were in base64; it has room for all of the path, and does not move */
  bool tells;                /* else it checks */
  uint64_t line;             /* the first that is refused; 0: none */
  const char *why;
  uint64_t refused;          /* samples that are beyond a limit */
} taking;

/* ---- The path ------------------------------------------------------------------------------------------- */

/* base64url with or without padding. */
static bool decode(taking *t, pl_str value, pl_str *out)
{
  char text[1024];
  size_t n = value.len, at = t->texts.len;
  while (n && value.data[n - 1] == '=')
    n--;
  if (n + 4 > sizeof text)
    return false;
  for (size_t i = 0; i < n; i++)
    text[i] = (char)(value.data[i] == '-' ? '+' : value.data[i] == '_' ? '/' : value.data[i]);
  while (n % 4)
    text[n++] = '=';
  if (pl_base64_decode(&t->texts, (pl_str){text, n}))
    return false;
  *out = (pl_str){t->texts.data ? t->texts.data + at : "", t->texts.len - at};
  return true;
}

/* The next "name/value" off *path. */
static bool take_pair(taking *t, pl_str *path)
{
  const pl_str base64 = PL_STR("@base64");
  pl_label *label = &t->group[t->n_group];
  if (t->n_group == GROUP_MAX)
    return false;
  label->name = pl_str_cut(path, '/');
  if (!path->data || !label->name.len)
    return false;
  label->value = pl_str_cut(path, '/');
  t->n_group++;
  if (label->name.len <= base64.len || !pl_str_ends(label->name, base64))
    return label->value.len > 0;
  label->name.len -= base64.len;
  return decode(t, label->value, &label->value);
}

/* Its first label is job, which has a value. A slash may stand at its end. */
static bool take_path(taking *t, pl_str path)
{
  bool good = true;
  while (good && path.len)
    good = take_pair(t, &path);
  return good && t->n_group && pl_str_eqc(t->group[0].name, "job") && t->group[0].value.len;
}

/* ---- The text ------------------------------------------------------------------------------------------- */

static int on_refused(void *user, const pl_refused *r)
{
  taking *t = user;
  if (!t->line) {
    t->line = r->line;
    t->why = pl_refusal_text(r->reason);
  }
  return PL_OK;
}

static bool in_group(const taking *t, pl_str name)
{
  size_t i = 0;
  while (i < t->n_group && !pl_str_eq(t->group[i].name, name))
    i++;
  return i < t->n_group;
}

static void put(taking *t, const pl_prometheus_sample *s)
{
  pl_label labels[LABELS_MAX];
  size_t n = t->n_group;
  memcpy(labels, t->group, n * sizeof *labels);
  for (size_t i = 0; i < s->n_labels && n < LABELS_MAX; i++) {
    if (!in_group(t, s->labels[i].name))
      labels[n++] = (pl_label){s->labels[i].name, s->labels[i].value};
  }
  pl_intake_series series = {.source = PL_STR("push"), .name = s->name, .labels = labels, .n_labels = n,
                             .kind = pl_prometheus_counts(s) ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, .unit = s->family->unit, .help = s->family->help};
  int64_t found = pl_intake_find(t->in, &series);
  if (found >= 0) {
    pl_intake_sample(t->in, (uint32_t)found, t->now_ns, s->value);
    if (s->exemplar)
      (void)pl_intake_exemplar(t->in, (uint32_t)found, t->now_ns, s->exemplar);
    return;
  }
  enum pl_reason why = pl_intake_reason(found);
  pl_intake_refuse(t->in, why, 1);
  t->why = t->refused++ ? t->why : pl_reason_text(why);
}

static int on_sample(void *user, const pl_prometheus_sample *s)
{
  taking *t = user;
  if (t->tells)
    put(t, s);
  else if (s->has_time && !t->line) {
    t->line = s->line;
    t->why = "what is pushed has no timestamp";
  }
  return PL_OK;
}

static int read_text(taking *t, const pl_message *m, pl_str text, bool tells)
{
  const pl_prometheus_events events = {on_sample, on_refused, t};
  bool open_metrics = pl_type_is(m->type, "application/openmetrics-text");
  pl_prometheus *p;
  t->tells = tells;
  int code = pl_prometheus_new(m->scratch->alloc, open_metrics ? PL_PROMETHEUS_OPENMETRICS : PL_PROMETHEUS_TEXT, &events, &p);
  if (code)
    return code;
  code = pl_prometheus_read(p, &text, true);
  pl_prometheus_free(p);
  return code;
}

static void take(taking *t, const pl_message *m, pl_reply *reply)
{
  pl_str text;
  bool good = pl_buf_room(&t->texts, m->rest.len + 1) && take_path(t, m->rest);
  int code = good ? pl_message_body(m, &text) : PL_EPROTO;
  if (!code && pl_type_is(m->type, "application/vnd.google.protobuf"))
    code = PL_EINVAL;
  if (!code)
    code = read_text(t, m, text, false);
  if (!code && !t->line)
    code = read_text(t, m, text, true);
  if (code) {
    pl_reply_refuse_code(t->in, reply, code);
  } else if (t->line) {
    pl_intake_refuse(t->in, PL_REASON_MALFORMED, 1);
    pl_reply_text(reply, 400, "line %llu: %s\n", (unsigned long long)t->line, t->why);
  } else if (t->refused) {
    pl_reply_text(reply, 400, "%llu refused, the rest is kept: %s\n", (unsigned long long)t->refused, t->why);
  } else {
    reply->status = 200;
  }
}

void pl_push_take(pl_intake *in, const pl_message *m, pl_reply *reply)
{
  taking t = {.in = in, .now_ns = m->now_ns};
  pl_buf_init(&t.texts, m->scratch->alloc, GROUP_TEXT);
  take(&t, m, reply);
  pl_buf_fini(&t.texts);
}
