/* OTLP's metrics, traces and logs: the first byte says which, and whether the rest is JSON, which becomes a message that is well-formed. */
#include "format/otlp.h"

#include <math.h>
#include <string.h>

#include "fuzz.h"

typedef struct told {
  size_t points, bytes;
} told;

static void read_tags(told *t, const pl_tag *tags, size_t n)
{
  for (size_t i = 0; i < n && i < PL_OTLP_TAGS; i++) {
    for (size_t k = 0; k < tags[i].name.len; k++)
      t->bytes += (unsigned char)tags[i].name.data[k] != 0;
    for (size_t k = 0; k < tags[i].value.len; k++)
      t->bytes += (unsigned char)tags[i].value.data[k] != 0;
  }
}

static void on_resource(void *user, const pl_tag *tags, size_t n)
{
  read_tags(user, tags, n);
}

static int on_point(void *user, const pl_otlp_metric *m, const pl_otlp_point *p)
{
  told *t = user;
  FUZZ_EXPECT(m->kind != PL_OTLP_NONE && p->n_bounds <= PL_OTLP_BUCKETS);
  for (size_t i = 0; i < p->n_bounds && p->good; i++)
    FUZZ_EXPECT(isfinite(p->bounds[i]) && (i == 0 || p->bounds[i] > p->bounds[i - 1]));
  read_tags(t, p->tags, p->n_tags);
  t->points++;
  return 0;
}

static int on_exemplar(void *user, const pl_otlp_metric *m, const pl_otlp_point *p, const pl_exemplar *e)
{
  told *t = user;
  FUZZ_EXPECT(m->kind != PL_OTLP_NONE && p->n_bounds <= PL_OTLP_BUCKETS && e->n_tags <= PL_OTLP_TAGS);
  FUZZ_EXPECT((!e->trace_id[0] || strlen(e->trace_id) == 2 * PL_TRACE_ID) && (!e->span_id[0] || strlen(e->span_id) == 2 * PL_SPAN_ID));
  read_tags(t, e->tags, e->n_tags);
  return 0;
}

static int on_span(void *user, const pl_trace_span *s)
{
  told *t = user;
  FUZZ_EXPECT(s->n_tags <= PL_OTLP_TAGS && s->kind < PL_TRACE_KINDS && s->status < PL_TRACE_STATUSES);
  FUZZ_EXPECT(!s->good || (strlen(s->trace_id) == 2 * PL_TRACE_ID && strlen(s->id) == 2 * PL_SPAN_ID && s->start_ns > 0 && s->end_ns >= s->start_ns));
  FUZZ_EXPECT(s->n_events <= PL_TRACE_NOTES && s->n_links <= PL_TRACE_NOTES);
  for (size_t i = 0; i < s->n_events; i++) {
    FUZZ_EXPECT(s->events[i].ts_ns > 0);
    read_tags(t, &(pl_tag){s->events[i].name, s->events[i].name}, 1);
    read_tags(t, s->events[i].tags, s->events[i].n_tags);
  }
  for (size_t i = 0; i < s->n_links; i++) {
    FUZZ_EXPECT(strlen(s->links[i].trace_id) == 2 * PL_TRACE_ID && strlen(s->links[i].id) == 2 * PL_SPAN_ID);
    read_tags(t, s->links[i].tags, s->links[i].n_tags);
  }
  read_tags(t, s->tags, s->n_tags);
  t->points++;
  return 0;
}

static int on_record(void *user, const pl_log_record *r)
{
  told *t = user;
  FUZZ_EXPECT(r->n_tags <= PL_OTLP_TAGS && r->severity < PL_LOG_SEVERITIES && (!r->trace_id[0] || strlen(r->trace_id) == 2 * PL_TRACE_ID));
  read_tags(t, &(pl_tag){r->body, r->event_name}, 1);
  read_tags(t, r->tags, r->n_tags);
  t->points++;
  return 0;
}

static int read_message(enum pl_otlp_signal signal, pl_str message, told *t)
{
  const pl_otlp_events events = {on_resource, on_point, t, on_exemplar};
  switch (signal) {
  case PL_OTLP_TRACES:
    return pl_otlp_read_spans(&pl_alloc_default, message, on_span, t);
  case PL_OTLP_LOGS:
    return pl_otlp_read_logs(&pl_alloc_default, message, on_record, t);
  default:
    return pl_otlp_read(&pl_alloc_default, message, &events);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  told t = {0};
  pl_buf wire;
  pl_buf_init(&wire, &pl_alloc_default, 1 << 20);
  uint8_t which = fuzz_byte(&in);
  bool json = which & 1;
  enum pl_otlp_signal signal = which & 2 ? PL_OTLP_TRACES : which & 4 ? PL_OTLP_LOGS : PL_OTLP_METRICS;
  pl_str message = fuzz_rest(&in);
  pl_otlp_faults faults = {0, NULL};
  int code = json ? pl_otlp_from_json(&pl_alloc_default, signal, message, &wire, &faults, NULL) : 0;
  FUZZ_EXPECT(!faults.n == !faults.name || code);
  if (json)
    message = (pl_str){wire.data ? wire.data : "", wire.len};
  if (!code) {
    code = read_message(signal, message, &t);
    FUZZ_EXPECT(code == 0 || (code == PL_EPROTO && t.points == 0));
  }
  pl_buf_fini(&wire);
  return 0;
}
