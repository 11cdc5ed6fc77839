/* A binary range coder whose probabilities adapt. One function codes a bit in either direction, so that a model is written once: what the
 * writer hands over is what the reader gets. The layout is in README.md.
 * Whoever codes many bits copies the coder into a local variable and puts it back behind them: it is small, and its fields are then in
 * registers, where each bit waits for the one before. */
#ifndef PL_STORE_RANGE_CODER_H
#define PL_STORE_RANGE_CODER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum {
  PL_BIT_SEEN_MAX = 160, /* bits after which a probability adapts no slower */
  PL_BIT_SET = 65472,    /* what a probability goes to: never certain */
  PL_BIT_CLEAR = 64,
  PL_RANGE_WORD = 4, /* bytes of code */
};

/* What a probability learns of a bit, of 32,768, by those it has seen. */
extern const uint16_t pl_range_pace[PL_BIT_SEEN_MAX + 1];

/* How likely a bit is set, of 65,536, and how many were coded by it. */
typedef struct pl_bit {
  uint16_t set, seen;
} pl_bit;

/* Where bytes are written to. */
typedef struct pl_range_sink {
  pl_buf *out;
  uint32_t held; /* bytes that a carry may still change, the first of them `first` */
  uint8_t first;
} pl_range_sink;

typedef struct pl_range_coder {
  uint64_t low;   /* writing: the interval's begin, and a carry */
  uint32_t range, code;
  const uint8_t *in, *end; /* reading: bytes that are left */
  uint32_t past;           /* and those that were read behind them, which are zeros */
  pl_range_sink *sink;
} pl_range_coder;

/* Appends to out, whose errors are to be looked at in the end; the sink is the coder's until then. */
void pl_range_begin_write(pl_range_coder *c, pl_range_sink *sink, pl_buf *out);
/* Writes what is held: the stream is whole. */
void pl_range_end_write(pl_range_coder *c);
/* Reads in. */
void pl_range_begin_read(pl_range_coder *c, pl_str in);
/* Writing: moves the highest byte of low out; what is left. */
uint64_t pl_range_put(pl_range_sink *sink, uint64_t low);

/* Whether more than a whole stream's worth of zeros was read behind the end. */
static inline bool pl_range_past_end(const pl_range_coder *c)
{
  return c->past > PL_RANGE_WORD;
}

static inline void pl_bit_init(pl_bit *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    b[i] = (pl_bit){32768, 0};
}

static inline __attribute__((always_inline)) void pl_bit_learn(pl_bit *b, bool set)
{
  uint32_t pace = pl_range_pace[b->seen], at = b->set;
  at = set ? at + ((PL_BIT_SET - at) * pace >> 15) : at - ((at - PL_BIT_CLEAR) * pace >> 15);
  b->set = (uint16_t)at;
  b->seen = (uint16_t)(b->seen + (b->seen < PL_BIT_SEEN_MAX));
}

/* While the interval is short: moves bytes out or in. */
static inline __attribute__((always_inline)) void pl_range_shift(pl_range_coder *c, bool writes)
{
  while (__builtin_expect(c->range < 1u << 24, 0)) {
    c->range <<= 8;
    if (writes) {
      c->low = pl_range_put(c->sink, c->low);
    } else {
      bool more = c->in < c->end;
      c->code = c->code << 8 | (more ? *c->in : 0);
      c->in += more;
      c->past += !more;
    }
  }
}

/* Codes a bit: writing, `set`; reading, what was written. Gives it. */
static inline __attribute__((always_inline)) bool pl_range_bit(pl_range_coder *c, pl_bit *b, bool set, bool writes)
{
  uint32_t bound = (c->range >> 16) * b->set;
  if (!writes)
    set = c->code < bound;
  if (set) {
    c->range = bound;
  } else {
    c->range -= bound;
    c->low += writes ? bound : 0;
    c->code -= writes ? 0 : bound;
  }
  pl_bit_learn(b, set);
  pl_range_shift(c, writes);
  return set;
}

/* Codes a bit that is as likely set as not. */
static inline __attribute__((always_inline)) bool pl_range_even(pl_range_coder *c, bool set, bool writes)
{
  c->range >>= 1;
  if (!writes)
    set = c->code >= c->range;
  c->low += writes && set ? c->range : 0;
  c->code -= !writes && set ? c->range : 0;
  pl_range_shift(c, writes);
  return set;
}

#endif
