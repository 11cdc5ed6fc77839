/* Histogram pages: recording's slow path, merging, quantiles. The geometry is in hist.h. */
#include "analysis/hist.h"

#include <math.h>
#include <string.h>

void pl_hist_init(pl_hist *h, const pl_allocator *a)
{
  memset(h, 0, sizeof *h);
  h->alloc = a;
  h->min = UINT64_MAX;
}

void pl_hist_fini(pl_hist *h)
{
  for (int i = 0; i < PL_HIST_PAGES; i++)
    pl_free(h->alloc, h->page[i], sizeof *h->page[i]);
  pl_hist_init(h, h->alloc);
}

static bool is_idle(const pl_hist_page *page)
{
  uint64_t any = 0;
  for (int i = 0; i < PL_HIST_PAGE; i++)
    any |= page->n[i];
  return any == 0;
}

/* Pages in use stay, and are not allocated again; one that holds nothing since the last time goes: rare values would leave pages
 * behind in every histogram. */
void pl_hist_clear(pl_hist *h)
{
  for (int i = 0; i < PL_HIST_PAGES; i++) {
    if (h->page[i] && is_idle(h->page[i])) {
      pl_free(h->alloc, h->page[i], sizeof *h->page[i]);
      h->page[i] = NULL;
    } else if (h->page[i]) {
      memset(h->page[i], 0, sizeof *h->page[i]);
    }
  }
  h->count = h->over = h->lost = h->max = 0;
  h->min = UINT64_MAX;
  h->sum = 0;
}

uint32_t pl_hist_index(uint64_t value)
{
  unsigned shift = 53u - (unsigned)__builtin_clzll(value | 2047u);
  return (uint32_t)((shift << 10) + (uint32_t)(value >> shift));
}

uint64_t pl_hist_lowest(uint32_t index)
{
  if (index < 2048)
    return index;
  unsigned shift = (index >> 10) - 1;
  return (uint64_t)((index & 1023) + 1024) << shift;
}

uint64_t pl_hist_highest(uint32_t index)
{
  unsigned shift = index < 2048 ? 0 : (index >> 10) - 1;
  return pl_hist_lowest(index) + (UINT64_C(1) << shift) - 1;
}

/* The page of a counter, made when missing; NULL when there is no memory. */
static pl_hist_page *need_page(pl_hist *h, uint32_t number)
{
  if (!h->page[number])
    h->page[number] = pl_alloc_zero(h->alloc, 1, sizeof *h->page[number]);
  return h->page[number];
}

void pl_hist_record_n(pl_hist *h, uint64_t value, uint64_t count)
{
  if (!count)
    return;
  uint64_t held = value > PL_HIST_MAX_VALUE ? PL_HIST_MAX_VALUE : value;
  uint32_t index = pl_hist_index(held);
  pl_hist_page *page = need_page(h, index / PL_HIST_PAGE);
  if (!page) {
    h->lost += count;
    return;
  }
  page->n[index % PL_HIST_PAGE] += count;
  h->count += count;
  h->over += value > PL_HIST_MAX_VALUE ? count : 0;
  h->sum += (double)value * (double)count;
  h->min = value < h->min ? value : h->min;
  h->max = value > h->max ? value : h->max;
}

int pl_hist_add(pl_hist *into, const pl_hist *from)
{
  for (uint32_t p = 0; p < PL_HIST_PAGES; p++) {
    if (from->page[p] && !need_page(into, p))
      return PL_ENOMEM;
  }
  for (int p = 0; p < PL_HIST_PAGES; p++) {
    for (int i = 0; from->page[p] && i < PL_HIST_PAGE; i++)
      into->page[p]->n[i] += from->page[p]->n[i];
  }
  into->count += from->count;
  into->over += from->over;
  into->lost += from->lost;
  into->sum += from->sum;
  into->min = from->min < into->min ? from->min : into->min;
  into->max = from->max > into->max ? from->max : into->max;
  return PL_OK;
}

uint64_t pl_hist_quantile(const pl_hist *h, double p)
{
  if (!h->count)
    return 0;
  if (!(p > 0))
    return h->min;
  /* p * count may lie a rounding error above a whole number: 0.07 * 100 is 7.000000000000001. */
  double exact = p * (double)h->count, rank_d = ceil(exact - exact * 1e-12);
  uint64_t rank = rank_d < 1 ? 1 : rank_d >= (double)h->count ? h->count : (uint64_t)rank_d, seen = 0;
  for (uint32_t page = 0; page < PL_HIST_PAGES; page++) {
    for (uint32_t i = 0; h->page[page] && i < PL_HIST_PAGE; i++) {
      seen += h->page[page]->n[i];
      if (seen >= rank) {
        uint64_t high = pl_hist_highest(page * PL_HIST_PAGE + i);
        return high < h->max || h->over ? high : h->max;
      }
    }
  }
  return h->max;
}

uint64_t pl_hist_count_at_most(const pl_hist *h, uint64_t value)
{
  if (value >= PL_HIST_MAX_VALUE)
    return h->count;
  uint32_t last = pl_hist_index(value);
  uint64_t seen = 0;
  for (uint32_t page = 0; page <= last / PL_HIST_PAGE; page++) {
    for (uint32_t i = 0; h->page[page] && i < PL_HIST_PAGE && page * PL_HIST_PAGE + i <= last; i++)
      seen += h->page[page]->n[i];
  }
  return seen;
}

double pl_hist_mean(const pl_hist *h)
{
  return h->count ? h->sum / (double)h->count : (double)NAN;
}

double pl_hist_stddev(const pl_hist *h)
{
  if (!h->count)
    return (double)NAN;
  double mean = pl_hist_mean(h), squares = 0;
  uint32_t index = 0;
  uint64_t low, high, count;
  while (pl_hist_next(h, &index, &low, &high, &count)) {
    double d = (double)low + (double)(high - low) / 2 - mean;
    squares += d * d * (double)count;
  }
  return sqrt(squares / (double)h->count);
}

bool pl_hist_next(const pl_hist *h, uint32_t *index, uint64_t *lowest, uint64_t *highest, uint64_t *count)
{
  while (*index < PL_HIST_COUNTERS) {
    const pl_hist_page *page = h->page[*index / PL_HIST_PAGE];
    if (!page) {
      *index = (*index / PL_HIST_PAGE + 1) * PL_HIST_PAGE;
      continue;
    }
    uint32_t i = (*index)++;
    if (page->n[i % PL_HIST_PAGE]) {
      *lowest = pl_hist_lowest(i);
      *highest = pl_hist_highest(i);
      *count = page->n[i % PL_HIST_PAGE];
      return true;
    }
  }
  return false;
}
