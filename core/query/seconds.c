/* Counts of histograms are added when a second comes and taken out when it goes, so that a window of any length costs the same
 * each second. Invariant: total.hist counts what the seconds' histograms do. */
#include "query/seconds.h"

#include <string.h>

#include "base/error.h"
#include "format/hdr.h"

enum { ENCODED_MAX = 1 << 20 };

int pl_seconds_init(pl_seconds *s, uint64_t cap, const pl_allocator *a)
{
  *s = (pl_seconds){.alloc = a};
  pl_tally_init(&s->total);
  pl_hist_init(&s->going, a);
  pl_buf_init(&s->encoded, a, ENCODED_MAX);
  s->ring = pl_alloc_zero(a, cap, sizeof *s->ring);
  if (!s->ring)
    return cap ? PL_ENOMEM : PL_OK;
  s->cap = cap;
  for (uint64_t i = 0; i < cap; i++)
    pl_tally_init(&s->ring[i].tally);
  return PL_OK;
}

static void forget_bytes(const pl_seconds *s, pl_second *second)
{
  pl_free(s->alloc, second->bytes, second->len);
  second->bytes = NULL;
}

void pl_seconds_fini(pl_seconds *s)
{
  for (uint64_t i = 0; i < s->cap; i++) {
    forget_bytes(s, &s->ring[i]);
    pl_tally_fini(&s->ring[i].tally, s->alloc);
  }
  pl_free(s->alloc, s->ring, s->cap * sizeof *s->ring);
  pl_tally_fini(&s->total, s->alloc);
  pl_hist_fini(&s->going);
  pl_buf_fini(&s->encoded);
  s->ring = NULL;
  s->cap = s->count = 0;
}

static pl_second *place(const pl_seconds *s, uint64_t i)
{
  return &s->ring[(s->first + i) % s->cap];
}

void pl_seconds_clear(pl_seconds *s)
{
  for (uint64_t i = 0; i < s->count; i++)
    forget_bytes(s, place(s, i));
  s->count = 0;
  pl_tally_clear(&s->total);
}

/* Without memory to decode it all others go, too: what they add up to would not be known. */
static int drop_oldest(pl_seconds *s)
{
  pl_second *oldest = place(s, 0);
  if (oldest->bytes) {
    pl_hist_clear(&s->going);
    if (pl_hdr_decode((pl_str){oldest->bytes, oldest->len}, &s->going, NULL)) {
      pl_seconds_clear(s);
      return PL_ENOMEM;
    }
    pl_hist_take(s->total.hist, &s->going);
    forget_bytes(s, oldest);
  }
  s->first = (s->first + 1) % s->cap;
  s->count--;
  return PL_OK;
}

static int keep_hist(pl_seconds *s, pl_second *to, const pl_hist *h)
{
  pl_buf_clear(&s->encoded);
  if (pl_hdr_encode(h, &s->encoded))
    return PL_ENOMEM;
  char *bytes = pl_alloc(s->alloc, s->encoded.len);
  if (!bytes || pl_tally_add_hist(&s->total, h, s->alloc)) {
    pl_free(s->alloc, bytes, s->encoded.len);
    return PL_ENOMEM;
  }
  memcpy(bytes, s->encoded.data, s->encoded.len);
  to->bytes = bytes;
  to->len = s->encoded.len;
  to->min = h->min;
  to->max = h->max;
  to->over = h->over;
  to->sum = h->sum;
  return PL_OK;
}

int pl_seconds_add(pl_seconds *s, const pl_tally *second)
{
  int code = s->count == s->cap ? drop_oldest(s) : PL_OK;
  pl_second *newest = place(s, s->count++);
  pl_tally rest = *second;
  rest.hist = NULL;
  pl_tally_clear(&newest->tally);
  int added = pl_tally_add(&newest->tally, &rest, s->alloc);
  if (!added && second->hist && second->hist->count)
    added = keep_hist(s, newest, second->hist);
  return code ? code : added;
}

void pl_seconds_newest(const pl_seconds *s, uint64_t n, double *part, double *all)
{
  *part = *all = 0;
  for (uint64_t i = n < s->count ? s->count - n : 0; i < s->count; i++) {
    *part += place(s, i)->tally.part;
    *all += place(s, i)->tally.all;
  }
}

static void add_extremes(pl_hist *h, const pl_second *second)
{
  h->min = second->min < h->min ? second->min : h->min;
  h->max = second->max > h->max ? second->max : h->max;
  h->over += second->over;
  h->sum += second->sum;
}

const pl_tally *pl_seconds_sum(pl_seconds *s)
{
  pl_hist *h = s->total.hist;
  s->total.hist = NULL; /* its counts are not added up anew */
  pl_tally_clear(&s->total);
  s->total.hist = h;
  if (h) {
    h->min = UINT64_MAX;
    h->max = h->over = 0;
    h->sum = 0;
  }
  for (uint64_t i = 0; i < s->count; i++) {
    const pl_second *second = place(s, i);
    if (pl_tally_add(&s->total, &second->tally, s->alloc))
      return NULL;
    if (second->bytes)
      add_extremes(h, second);
  }
  return &s->total;
}
