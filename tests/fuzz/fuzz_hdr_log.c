/* HdrHistogram logs: an interval that is read is written and read again with as many values. */
#include "format/hdr_log.h"

#include "fuzz.h"

typedef struct told {
  pl_buf *out;
  pl_buf scratch[2];
  uint64_t intervals, count;
} told;

static int on_interval(void *user, const pl_hdr_interval *i)
{
  told *t = user;
  t->intervals++;
  t->count += i->hist->count;
  FUZZ_EXPECT(i->length_ns >= 0);
  if (t->out)
    FUZZ_EXPECT(pl_hdr_log_line(t->out, &(pl_hdr_interval){.start_ns = i->start_ns, .length_ns = i->length_ns, .hist = i->hist}, t->scratch) == 0);
  return 0;
}

static int on_refused(void *user, const pl_refused *r)
{
  (void)user;
  FUZZ_EXPECT(r->line > 0);
  return 0;
}

static void read_text(pl_str text, told *t)
{
  pl_hdr_events events = {on_interval, on_refused, t};
  pl_hdr_log *l;
  FUZZ_EXPECT(pl_hdr_log_new(&pl_alloc_default, 1, &events, &l) == 0);
  FUZZ_EXPECT(pl_hdr_log_read(l, &text, true) == 0);
  pl_hdr_log_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_buf out;
  told first = {.out = &out}, again = {0};
  pl_buf_init(&out, &pl_alloc_default, 64 << 20);
  pl_buf_init(&first.scratch[0], &pl_alloc_default, 16 << 20);
  pl_buf_init(&first.scratch[1], &pl_alloc_default, 16 << 20);
  read_text((pl_str){(const char *)data, len}, &first);
  read_text((pl_str){out.data, out.len}, &again);
  FUZZ_EXPECT(first.intervals == again.intervals && first.count == again.count);
  pl_buf_fini(&out);
  pl_buf_fini(&first.scratch[0]);
  pl_buf_fini(&first.scratch[1]);
  return 0;
}
