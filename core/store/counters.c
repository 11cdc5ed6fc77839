/* Seconds of a load are noise around a shape that moves slowly: what a counter was in its predecessors says how it is distributed, and
 * adaptive probabilities learn the rest. Both directions are the same code: `now` is full when a histogram is written, and becomes full as
 * it is read. */
#include "store/counters.h"

#include <string.h>

#include "perilune/error.h"
#include "store/range_coder.h"

enum {
  BLOCK = 16,  /* counters that may be empty together */
  BAND = 64,   /* blocks that may */
  BLOCKS = PL_HIST_COUNTERS / BLOCK,
  EDGE = 2,    /* counters that are not there: left neighbours of the first ones */
  ONE = 64,    /* of an average's fixed point */
  SLOWEST = 4, /* averages take in at least one 16th of what is new */
  LEVELS = 64, /* of an average, two an octave */
  LEFTS = 5,   /* counts of both left neighbours together: the last one and more */
  FEW = 8,     /* what is expected to be less has a bit for each count */
  UNARY = 14,  /* below that */
  LENGTHS = 26, /* of numbers in bits */
  TOP = 2,     /* bits of a number behind its first one that have models */
};

_Static_assert(PL_HIST_COUNTERS % (BLOCK * BAND) == 0, "bands are whole");

/* Models of a number from 0 on: its length, its upper bits. */
typedef struct number {
  pl_bit length[LENGTHS], top[LENGTHS][1 << TOP];
} number;

/* All is made of pl_bit. */
typedef struct models {
  pl_bit band[2][2], block[LEVELS][2];
  pl_bit few[LEVELS][LEFTS][UNARY], below[LEVELS];
  number distance[LEVELS], more;
} models;

struct pl_counters {
  const pl_allocator *alloc;
  pl_range_coder coder;
  unsigned seen; /* predecessors, as far as it matters */
  uint32_t now[EDGE + PL_HIST_COUNTERS];
  uint32_t mean[PL_HIST_COUNTERS]; /* of the predecessors, the last ones most, in 64ths */
  uint32_t block_mean[BLOCKS];     /* their sum */
  bool block_now[BLOCKS];          /* has counts */
  models models;
};

int pl_counters_new(const pl_allocator *a, pl_counters **out)
{
  pl_counters *c = pl_alloc_zero(a, 1, sizeof *c);
  if (!c)
    return PL_ENOMEM;
  c->alloc = a;
  *out = c;
  return PL_OK;
}

void pl_counters_free(pl_counters *c)
{
  if (c)
    pl_free(c->alloc, c, sizeof *c);
}

/* ---- Counts ----------------------------------------------------------------------------------------- */

/* Codes a number below 2^LENGTHS - 1. */
static uint32_t code_number(pl_range_coder *coder, number *m, uint32_t n)
{
  unsigned wanted = 31u - (unsigned)__builtin_clz(n + 1), length = 0;
  while (length < LENGTHS - 1 && pl_range_bit(coder, &m->length[length], length < wanted))
    length++;
  uint32_t value = 1;
  for (unsigned i = length; i-- > 0;) {
    bool set = (n + 1) >> i & 1;
    set = length - i <= TOP ? pl_range_bit(coder, &m->top[length][value], set) : pl_range_even(coder, set);
    value = value << 1 | set;
  }
  return value - 1;
}

static unsigned level_of(uint32_t mean)
{
  if (mean < 2)
    return mean;
  unsigned octave = 31u - (unsigned)__builtin_clz(mean);
  return 2 * octave + (mean >> (octave - 1) & 1);
}

static uint32_t code_count(pl_counters *c, uint32_t mean, uint32_t left, uint32_t n)
{
  models *m = &c->models;
  unsigned level = level_of(mean);
  if (mean < ONE * FEW) {
    pl_bit *few = m->few[level][left < LEFTS ? left : LEFTS - 1];
    uint32_t i = 0;
    while (i < UNARY && pl_range_bit(&c->coder, &few[i], i < n))
      i++;
    return i < UNARY ? i : UNARY + code_number(&c->coder, &m->more, n - UNARY);
  }
  uint32_t middle = mean / ONE;
  bool below = pl_range_bit(&c->coder, &m->below[level], n < middle);
  uint32_t distance = code_number(&c->coder, &m->distance[level], below ? middle - 1 - n : n - middle);
  return below ? middle - 1 - distance : middle + distance;
}

/* ---- Histograms ------------------------------------------------------------------------------------- */

static void code_block(pl_counters *c, uint32_t block)
{
  uint32_t *now = c->now + EDGE + block * BLOCK;
  const uint32_t *mean = c->mean + block * BLOCK;
  for (int i = 0; i < BLOCK; i++)
    now[i] = code_count(c, mean[i], now[i - 1] + now[i - 2], now[i]);
}

static void code_band(pl_counters *c, uint32_t first)
{
  bool left = false;
  for (uint32_t block = first; block < first + BAND; block++) {
    pl_bit *m = &c->models.block[level_of(c->block_mean[block])][left];
    left = c->block_now[block] = pl_range_bit(&c->coder, m, c->block_now[block]);
    if (left)
      code_block(c, block);
  }
}

static void code_histogram(pl_counters *c)
{
  bool left = false;
  for (uint32_t first = 0; first < BLOCKS; first += BAND) {
    bool is = false, was = false;
    for (uint32_t i = first; i < first + BAND; i++) {
      is = is || c->block_now[i];
      was = was || c->block_mean[i];
    }
    left = pl_range_bit(&c->coder, &c->models.band[was][left], is);
    if (left)
      code_band(c, first);
  }
}

/* Takes a block into the averages: 2^-shift of what is new. */
static void remember_block(pl_counters *c, uint32_t block, unsigned shift)
{
  uint32_t *now = c->now + EDGE + block * BLOCK, *mean = c->mean + block * BLOCK, sum = 0;
  for (int i = 0; i < BLOCK; i++) {
    mean[i] = mean[i] - (mean[i] >> shift) + (now[i] * ONE >> shift);
    now[i] = 0;
    sum += mean[i];
  }
  c->block_mean[block] = sum;
  c->block_now[block] = false;
}

/* The first one is the average, of the next ones each takes as much as those before it until the average is slow. */
static void remember(pl_counters *c)
{
  unsigned shift = 0;
  while (shift < SLOWEST && 2u << shift <= c->seen + 1)
    shift++;
  c->seen++;
  for (uint32_t block = 0; block < BLOCKS; block++) {
    if (c->block_now[block] || c->block_mean[block])
      remember_block(c, block, shift);
  }
}

static void begin(pl_counters *c)
{
  c->seen = 0;
  memset(c->now, 0, sizeof c->now);
  memset(c->mean, 0, sizeof c->mean);
  memset(c->block_mean, 0, sizeof c->block_mean);
  memset(c->block_now, 0, sizeof c->block_now);
  pl_bit_init((pl_bit *)&c->models, sizeof c->models / sizeof(pl_bit));
}

void pl_counters_begin_write(pl_counters *c, pl_buf *out)
{
  begin(c);
  pl_range_begin_write(&c->coder, out);
}

int pl_counters_write(pl_counters *c, const pl_hist *h)
{
  uint32_t index = 0;
  uint64_t low, high, count, most = 0;
  while (pl_hist_next(h, &index, &low, &high, &count))
    most = count > most ? count : most;
  if (most > PL_COUNTER_MAX)
    return PL_ELIMIT;
  for (index = 0; pl_hist_next(h, &index, &low, &high, &count);) {
    c->now[EDGE + index - 1] = (uint32_t)count;
    c->block_now[(index - 1) / BLOCK] = true;
  }
  code_histogram(c);
  remember(c);
  return PL_OK;
}

void pl_counters_end_write(pl_counters *c)
{
  pl_range_end_write(&c->coder);
}

void pl_counters_begin_read(pl_counters *c, pl_str bytes)
{
  begin(c);
  pl_range_begin_read(&c->coder, bytes);
}

int pl_counters_read(pl_counters *c, pl_hist *h)
{
  uint64_t lost = h->lost;
  code_histogram(c);
  for (uint32_t block = 0; block < BLOCKS; block++) {
    for (uint32_t i = block * BLOCK; c->block_now[block] && i < (block + 1) * BLOCK; i++)
      if (c->now[EDGE + i])
        pl_hist_record_n(h, pl_hist_lowest(i), c->now[EDGE + i]);
  }
  remember(c);
  return c->coder.past_end ? PL_ECORRUPT : h->lost == lost ? PL_OK : PL_ENOMEM;
}
