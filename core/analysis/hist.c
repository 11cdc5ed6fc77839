/* Histogram pages: recording's slow path, merging, quantiles. The geometry is in hist.h. */
#include "analysis/hist.h"

#include <math.h>
#include <string.h>

#include "analysis/ranks.h"

/* ---- Pages --------------------------------------------------------------------------------------- */

#define HIGH_BYTES (PL_HIST_PAGE * sizeof(uint64_t))

static void free_high(const pl_hist *h, pl_hist_page *page)
{
  pl_free(h->alloc, page->high, HIGH_BYTES);
  page->high = NULL;
}

static void free_page(pl_hist *h, uint32_t number)
{
  pl_hist_page *page = h->page[number];
  if (!page)
    return;
  free_high(h, page);
  pl_free(h->alloc, page, sizeof *page);
  h->page[number] = NULL;
}

static bool is_idle(const pl_hist_page *page)
{
  uint64_t any = 0;
  for (int i = 0; i < PL_HIST_PAGE; i++)
    any |= page->low[i];
  for (int i = 0; page->high && i < PL_HIST_PAGE; i++)
    any |= page->high[i];
  return any == 0;
}

/* The page of a counter, made when missing; NULL when there is no memory. */
static pl_hist_page *need_page(pl_hist *h, uint32_t number)
{
  if (!h->page[number])
    h->page[number] = pl_alloc_zero(h->alloc, 1, sizeof *h->page[number]);
  return h->page[number];
}

/* Whether a page has its high parts, made when missing. */
static bool need_high(const pl_hist *h, pl_hist_page *page)
{
  if (!page->high)
    page->high = pl_alloc_zero(h->alloc, PL_HIST_PAGE, sizeof *page->high);
  return page->high != NULL;
}

static uint64_t counter_get(const pl_hist_page *page, uint32_t i)
{
  return page->low[i] + (page->high ? page->high[i] << 16 : 0);
}

/* The page has its high parts when the sum needs them. */
static void counter_add(pl_hist_page *page, uint32_t i, uint64_t count)
{
  uint64_t sum = page->low[i] + count;
  page->low[i] = (uint16_t)sum;
  if (page->high)
    page->high[i] += sum >> 16;
}

/* It is at least count. */
static void counter_take(pl_hist_page *page, uint32_t i, uint64_t count)
{
  uint64_t left = counter_get(page, i) - count;
  page->low[i] = (uint16_t)left;
  if (page->high)
    page->high[i] = left >> 16;
}

/* Whether a counter of both together goes beyond 16 bits. */
static bool carries(const pl_hist_page *a, const pl_hist_page *b)
{
  uint32_t sums = 0;
  for (int i = 0; i < PL_HIST_PAGE; i++)
    sums |= (uint32_t)a->low[i] + b->low[i];
  return sums > UINT16_MAX;
}

/* Makes what page number of h lacks to have another one added. */
static bool need_room(pl_hist *h, uint32_t number, const pl_hist_page *from)
{
  pl_hist_page *page = need_page(h, number);
  return page && ((!from->high && !carries(page, from)) || need_high(h, page));
}

/* Without high parts, as nearly all are, eight counters are added at once. */
static void add_page(pl_hist_page *into, const pl_hist_page *from)
{
  if (!into->high && !from->high) {
    for (uint32_t i = 0; i < PL_HIST_PAGE; i++)
      into->low[i] = (uint16_t)(into->low[i] + from->low[i]);
    return;
  }
  for (uint32_t i = 0; i < PL_HIST_PAGE; i++)
    counter_add(into, i, counter_get(from, i));
}

/* ---- Life ---------------------------------------------------------------------------------------- */

void pl_hist_init(pl_hist *h, const pl_allocator *a)
{
  memset(h, 0, sizeof *h);
  h->alloc = a;
  h->min = UINT64_MAX;
}

void pl_hist_fini(pl_hist *h)
{
  for (uint32_t p = 0; p < PL_HIST_PAGES; p++)
    free_page(h, p);
  pl_hist_init(h, h->alloc);
}

/* Pages in use stay, and are not allocated again; one that holds nothing since the last time goes: rare values would leave pages
 * behind in every histogram. */
void pl_hist_clear(pl_hist *h)
{
  for (uint32_t p = 0; p < PL_HIST_PAGES; p++) {
    if (h->page[p] && is_idle(h->page[p])) {
      free_page(h, p);
    } else if (h->page[p]) {
      free_high(h, h->page[p]);
      memset(h->page[p], 0, sizeof *h->page[p]);
    }
  }
  h->count = h->over = h->lost = h->max = 0;
  h->min = UINT64_MAX;
  h->sum = 0;
}

/* ---- Geometry ------------------------------------------------------------------------------------ */

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

/* ---- Values -------------------------------------------------------------------------------------- */

void pl_hist_record_n(pl_hist *h, uint64_t value, uint64_t count)
{
  if (!count)
    return;
  uint64_t held = value > PL_HIST_MAX_VALUE ? PL_HIST_MAX_VALUE : value;
  uint32_t index = pl_hist_index(held), i = index % PL_HIST_PAGE;
  pl_hist_page *page = need_page(h, index / PL_HIST_PAGE);
  if (!page || (count > (uint64_t)(UINT16_MAX - page->low[i]) && !need_high(h, page))) {
    h->lost += count;
    return;
  }
  counter_add(page, i, count);
  h->count += count;
  h->over += value > PL_HIST_MAX_VALUE ? count : 0;
  h->sum += (double)value * (double)count;
  h->min = value < h->min ? value : h->min;
  h->max = value > h->max ? value : h->max;
}

int pl_hist_add(pl_hist *into, const pl_hist *from)
{
  for (uint32_t p = 0; p < PL_HIST_PAGES; p++) {
    if (from->page[p] && !need_room(into, p, from->page[p]))
      return PL_ENOMEM;
  }
  for (uint32_t p = 0; p < PL_HIST_PAGES; p++) {
    if (from->page[p])
      add_page(into->page[p], from->page[p]);
  }
  into->count += from->count;
  into->over += from->over;
  into->lost += from->lost;
  into->sum += from->sum;
  into->min = from->min < into->min ? from->min : into->min;
  into->max = from->max > into->max ? from->max : into->max;
  return PL_OK;
}

void pl_hist_take(pl_hist *h, const pl_hist *from)
{
  for (uint32_t p = 0; p < PL_HIST_PAGES; p++) {
    if (!from->page[p] || !h->page[p]) /* a page that h has not is one of zeroes */
      continue;
    for (uint32_t i = 0; i < PL_HIST_PAGE; i++)
      counter_take(h->page[p], i, counter_get(from->page[p], i));
    if (is_idle(h->page[p]))
      free_page(h, p);
  }
  h->count -= from->count;
}

uint64_t pl_hist_quantile(const pl_hist *h, double p)
{
  if (!h->count)
    return 0;
  if (!(p > 0))
    return h->min;
  uint64_t rank = pl_nearest_rank(p, h->count), seen = 0;
  for (uint32_t page = 0; page < PL_HIST_PAGES; page++) {
    for (uint32_t i = 0; h->page[page] && i < PL_HIST_PAGE; i++) {
      seen += counter_get(h->page[page], i);
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
      seen += counter_get(h->page[page], i);
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
    *count = counter_get(page, i % PL_HIST_PAGE);
    if (*count) {
      *lowest = pl_hist_lowest(i);
      *highest = pl_hist_highest(i);
      return true;
    }
  }
  return false;
}
