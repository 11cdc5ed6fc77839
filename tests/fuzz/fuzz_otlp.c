/* OTLP's metrics: the first byte says whether the rest is JSON, which becomes a message that is well-formed. */
#include "format/otlp.h"

#include <math.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  told t = {0};
  const pl_otlp_events events = {on_resource, on_point, &t};
  pl_buf wire;
  pl_buf_init(&wire, &pl_alloc_default, 1 << 20);
  bool json = fuzz_byte(&in) & 1;
  pl_str message = fuzz_rest(&in);
  int code = json ? pl_otlp_from_json(&pl_alloc_default, message, &wire, NULL) : 0;
  if (json)
    message = (pl_str){wire.data ? wire.data : "", wire.len};
  if (!code) {
    code = pl_otlp_read(&pl_alloc_default, message, &events);
    FUZZ_EXPECT(code == 0 || (code == PL_EPROTO && t.points == 0));
  }
  pl_buf_fini(&wire);
  return 0;
}
