/* Answers of Jaeger: an answer is told whole or not at all, and what is told of a span holds. */
#include "format/jaeger.h"

#include "fuzz.h"

typedef struct told {
  size_t spans, bytes;
} told;

static void read_text(told *t, pl_str s)
{
  for (size_t i = 0; i < s.len; i++)
    t->bytes += (unsigned char)s.data[i] != 0;
}

static int on_span(void *user, const pl_trace_span *s)
{
  told *t = user;
  FUZZ_EXPECT(s->n_tags <= PL_JAEGER_TAGS && s->kind < PL_TRACE_KINDS && s->status < PL_TRACE_STATUSES);
  FUZZ_EXPECT(!s->good || (strlen(s->trace_id) == 2 * PL_TRACE_ID && strlen(s->id) == 2 * PL_SPAN_ID && s->start_ns > 0 && s->end_ns >= s->start_ns));
  read_text(t, s->service);
  read_text(t, s->name);
  read_text(t, s->message);
  for (size_t i = 0; i < s->n_tags; i++) {
    read_text(t, s->tags[i].name);
    read_text(t, s->tags[i].value);
  }
  FUZZ_EXPECT(s->n_events <= PL_TRACE_NOTES && s->n_links <= PL_TRACE_NOTES);
  for (size_t i = 0; i < s->n_events; i++) {
    FUZZ_EXPECT(s->events[i].ts_ns > 0);
    read_text(t, s->events[i].name);
    for (size_t k = 0; k < s->events[i].n_tags; k++) {
      read_text(t, s->events[i].tags[k].name);
      read_text(t, s->events[i].tags[k].value);
    }
  }
  for (size_t i = 0; i < s->n_links; i++)
    FUZZ_EXPECT(strlen(s->links[i].trace_id) == 2 * PL_TRACE_ID && strlen(s->links[i].id) == 2 * PL_SPAN_ID);
  t->spans++;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  told t = {0};
  pl_jaeger_answer answer;
  int code = pl_jaeger_read(&pl_alloc_default, (pl_str){(const char *)data, len}, on_span, &t, &answer, NULL);
  FUZZ_EXPECT(code == 0 || t.spans == 0);
  FUZZ_EXPECT(memchr(answer.error, 0, sizeof answer.error) != NULL);
  return 0;
}
