/* Zipkin's spans. */
#include "format/zipkin.h"

#include <string.h>

#include "fuzz.h"

static int on_span(void *user, const pl_trace_span *s)
{
  size_t *bytes = user;
  FUZZ_EXPECT(s->n_tags <= PL_ZIPKIN_TAGS && s->kind < PL_TRACE_KINDS && s->status < PL_TRACE_STATUSES);
  FUZZ_EXPECT(!s->good || (strlen(s->trace_id) == 2 * PL_TRACE_ID && strlen(s->id) == 2 * PL_SPAN_ID && s->start_ns > 0 && s->end_ns >= s->start_ns));
  FUZZ_EXPECT(s->n_events <= PL_TRACE_NOTES && s->n_links == 0);
  for (size_t i = 0; i < s->n_events; i++) {
    FUZZ_EXPECT(s->events[i].ts_ns > 0);
    for (size_t k = 0; k < s->events[i].name.len; k++)
      *bytes += s->events[i].name.data[k] != 0;
  }
  for (size_t i = 0; i < s->n_tags; i++) {
    for (size_t k = 0; k < s->tags[i].value.len; k++)
      *bytes += s->tags[i].value.data[k] != 0;
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  size_t bytes = 0;
  int code = pl_zipkin_read(&pl_alloc_default, fuzz_rest(&in), on_span, &bytes);
  FUZZ_EXPECT(code == 0 || code == PL_EPARSE || code == PL_EPROTO || code == PL_ELIMIT);
  return 0;
}
