/* Seconds of a load are noise around a shape that moves slowly: what a counter was in its predecessors says how it is distributed, and
 * adaptive probabilities learn the rest. Both directions are the same code: `now` is full when a histogram is written, and becomes full as
 * it is read. */
#include "store/counters.h"

#include <string.h>

#include "format/hdr.h"
#include "perilune/error.h"
#include "store/range_coder.h"

enum {
  BLOCK = 16,  /* counters that may be empty together */
  BAND = 64,   /* blocks that may */
  BLOCKS = PL_HIST_COUNTERS / BLOCK,
  BANDS = BLOCKS / BAND,
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
  pl_range_sink sink;
  unsigned seen; /* predecessors, as far as it matters */
  uint32_t now[EDGE + PL_HIST_COUNTERS];
  uint32_t mean[PL_HIST_COUNTERS]; /* of the predecessors, the last ones most, in 64ths */
  uint32_t block_mean[BLOCKS];     /* their sum */
  bool block_now[BLOCKS];          /* has counts */
  bool band_now[BANDS];
  uint32_t band_mean[BANDS];       /* bits that are set in a block's sum */
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

/* Everything below that codes is written once and compiled twice, for `writes` is known wherever it is called. */
#define CODES static inline __attribute__((always_inline))

/* ---- Counts ----------------------------------------------------------------------------------------- */

/* Codes a number below 2^LENGTHS - 1. */
CODES uint32_t code_number(pl_range_coder *coder, number *m, uint32_t n, bool writes)
{
  unsigned wanted = 31u - (unsigned)__builtin_clz(n + 1), length = 0;
  while (length < LENGTHS - 1 && pl_range_bit(coder, &m->length[length], length < wanted, writes))
    length++;
  uint32_t value = 1;
  for (unsigned i = length; i-- > 0;) {
    bool set = (n + 1) >> i & 1;
    set = length - i <= TOP ? pl_range_bit(coder, &m->top[length][value], set, writes) : pl_range_even(coder, set, writes);
    value = value << 1 | set;
  }
  return value - 1;
}

static inline unsigned level_of(uint32_t mean)
{
  if (mean < 2)
    return mean;
  unsigned octave = 31u - (unsigned)__builtin_clz(mean);
  return 2 * octave + (mean >> (octave - 1) & 1);
}

/* A count where many are expected. */
CODES uint32_t code_many(pl_range_coder *coder, models *m, uint32_t mean, uint32_t n, bool writes)
{
  unsigned level = level_of(mean);
  uint32_t middle = mean / ONE;
  bool below = pl_range_bit(coder, &m->below[level], n < middle, writes);
  uint32_t distance = code_number(coder, &m->distance[level], below ? middle - 1 - n : n - middle, writes);
  return below ? middle - 1 - distance : middle + distance;
}

CODES uint32_t code_few(pl_range_coder *coder, models *m, pl_bit *few, uint32_t n, bool writes)
{
  uint32_t i = 0;
  while (i < UNARY && pl_range_bit(coder, &few[i], i < n, writes))
    i++;
  return i < UNARY ? i : UNARY + code_number(coder, &m->more, n - UNARY, writes);
}

/* ---- Histograms ------------------------------------------------------------------------------------- */

/* Which models a counter has is found before its neighbours are known: the less is left to do behind a bit that was guessed wrong. */
CODES void code_block(pl_counters *c, pl_range_coder *coder, uint32_t block, bool writes)
{
  uint32_t *now = c->now + EDGE + block * BLOCK, before = now[-2], last = now[-1];
  const uint32_t *mean = c->mean + block * BLOCK;
  models *m = &c->models;
  pl_bit (*few[BLOCK])[UNARY];
  for (int i = 0; i < BLOCK; i++)
    few[i] = m->few[level_of(mean[i])];
  for (int i = 0; i < BLOCK; i++) {
    uint32_t left = before + last;
    before = last;
    if (mean[i] < ONE * FEW)
      last = code_few(coder, m, few[i][left < LEFTS ? left : LEFTS - 1], now[i], writes);
    else
      last = code_many(coder, m, mean[i], now[i], writes);
    if (!writes)
      now[i] = last;
  }
}

CODES void code_band(pl_counters *c, pl_range_coder *coder, uint32_t first, bool writes)
{
  bool left = false;
  for (uint32_t block = first; block < first + BAND; block++) {
    pl_bit *m = &c->models.block[level_of(c->block_mean[block])][left];
    left = c->block_now[block] = pl_range_bit(coder, m, c->block_now[block], writes);
    if (left)
      code_block(c, coder, block, writes);
  }
}

CODES void code_histogram(pl_counters *c, bool writes)
{
  pl_range_coder coder = c->coder;
  bool left = false;
  for (uint32_t band = 0; band < BANDS; band++) {
    pl_bit *m = &c->models.band[c->band_mean[band] != 0][left];
    left = c->band_now[band] = pl_range_bit(&coder, m, c->band_now[band], writes);
    if (left)
      code_band(c, &coder, band * BAND, writes);
  }
  c->coder = coder;
}

static void write_histogram(pl_counters *c)
{
  code_histogram(c, true);
}

static void read_histogram(pl_counters *c)
{
  code_histogram(c, false);
}

/* ---- Predecessors ----------------------------------------------------------------------------------- */

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

static void remember_band(pl_counters *c, uint32_t band, unsigned shift)
{
  uint32_t any = 0;
  for (uint32_t block = band * BAND; block < (band + 1) * BAND; block++) {
    if (c->block_now[block] || c->block_mean[block])
      remember_block(c, block, shift);
    any |= c->block_mean[block];
  }
  c->band_mean[band] = any;
  c->band_now[band] = false;
}

/* The first one is the average, of the next ones each takes as much as those before it until the average is slow. */
static void remember(pl_counters *c)
{
  unsigned shift = 0;
  while (shift < SLOWEST && 2u << shift <= c->seen + 1)
    shift++;
  c->seen++;
  for (uint32_t band = 0; band < BANDS; band++) {
    if (c->band_now[band] || c->band_mean[band])
      remember_band(c, band, shift);
  }
}

static void begin(pl_counters *c)
{
  c->seen = 0;
  memset(c->now, 0, sizeof c->now);
  memset(c->mean, 0, sizeof c->mean);
  memset(c->block_mean, 0, sizeof c->block_mean);
  memset(c->block_now, 0, sizeof c->block_now);
  memset(c->band_mean, 0, sizeof c->band_mean);
  memset(c->band_now, 0, sizeof c->band_now);
  pl_bit_init((pl_bit *)&c->models, sizeof c->models / sizeof(pl_bit));
}

/* ---- Writing ---------------------------------------------------------------------------------------- */

void pl_counters_begin_write(pl_counters *c, pl_buf *out)
{
  begin(c);
  pl_range_begin_write(&c->coder, &c->sink, out);
}

/* Takes the counts in, which are `count` together. */
static int take(pl_counters *c, pl_str hist, uint64_t count)
{
  pl_hdr_reader r;
  uint32_t index;
  uint64_t n;
  int code = pl_hdr_open(&r, hist);
  while (!code && (code = pl_hdr_next(&r, &index, &n)) > 0) {
    code = n > PL_COUNTER_MAX ? PL_ELIMIT : PL_OK;
    c->now[EDGE + index] = (uint32_t)n;
    c->block_now[index / BLOCK] = c->band_now[index / (BLOCK * BAND)] = true;
    count -= n;
  }
  return code ? code : count ? PL_EPARSE : PL_OK;
}

int pl_counters_write(pl_counters *c, pl_str hist, uint64_t count)
{
  int code = take(c, hist, count);
  if (code) {
    memset(c->now, 0, sizeof c->now);
    memset(c->block_now, 0, sizeof c->block_now);
    memset(c->band_now, 0, sizeof c->band_now);
    return code;
  }
  write_histogram(c);
  remember(c);
  return PL_OK;
}

void pl_counters_end_write(pl_counters *c)
{
  pl_range_end_write(&c->coder);
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

void pl_counters_begin_read(pl_counters *c, pl_str bytes)
{
  begin(c);
  pl_range_begin_read(&c->coder, bytes);
}

/* Writes a block as HDR V2; how many values it has. */
static uint64_t put_block(const pl_counters *c, uint32_t block, pl_hdr_writer *w)
{
  const uint32_t *now = c->now + EDGE + block * BLOCK;
  uint64_t counts[BLOCK], sum = 0;
  for (int i = 0; i < BLOCK; i++)
    sum += counts[i] = now[i];
  pl_hdr_put(w, counts, BLOCK);
  return sum;
}

static int put_all(const pl_counters *c, pl_buf *out, uint64_t *count)
{
  pl_hdr_writer w;
  uint64_t sum = 0;
  pl_hdr_begin(&w, out);
  for (uint32_t band = 0; band < BANDS; band++) {
    if (!c->band_now[band])
      pl_hdr_skip(&w, BLOCK * BAND);
    for (uint32_t block = band * BAND; c->band_now[band] && block < (band + 1) * BAND; block++) {
      if (c->block_now[block])
        sum += put_block(c, block, &w);
      else
        pl_hdr_skip(&w, BLOCK);
    }
  }
  *count = sum;
  return pl_hdr_end(&w);
}

int pl_counters_read(pl_counters *c, pl_buf *out, uint64_t *count)
{
  read_histogram(c);
  int code = pl_range_past_end(&c->coder) ? PL_ECORRUPT : put_all(c, out, count);
  remember(c);
  return code;
}
