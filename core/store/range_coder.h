/* A binary range coder whose probabilities adapt. One function codes a bit in either direction, so that a model is written once: what the
 * writer hands over is what the reader gets. The layout is in README.md. */
#ifndef PL_STORE_RANGE_CODER_H
#define PL_STORE_RANGE_CODER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum { PL_BIT_SEEN_MAX = 160 }; /* bits after which a probability adapts no slower */

/* How likely a bit is set, of 65,536, and how many were coded by it. */
typedef struct pl_bit {
  uint16_t set, seen;
} pl_bit;

typedef struct pl_range_coder {
  uint64_t low;   /* writing: the interval's begin, and a carry */
  uint32_t range, code;
  uint16_t pace[PL_BIT_SEEN_MAX + 1]; /* what a probability learns of a bit, of 32,768, by those it has seen */
  uint32_t held;  /* writing: bytes that a carry may still change, the first of them `first` */
  uint8_t first;
  bool writes, past_end;
  pl_buf *out;
  pl_str in;
} pl_range_coder;

/* Appends to out, whose errors are to be looked at in the end. */
void pl_range_begin_write(pl_range_coder *c, pl_buf *out);
/* Writes what is held: the stream is whole. */
void pl_range_end_write(pl_range_coder *c);
/* Reads in, zeros behind its end: past_end is set when more than a whole stream's worth of them was read. */
void pl_range_begin_read(pl_range_coder *c, pl_str in);
/* The interval has become short: moves a byte out or in. */
void pl_range_shift(pl_range_coder *c);

static inline void pl_bit_init(pl_bit *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    b[i] = (pl_bit){32768, 0};
}

static inline void pl_bit_learn(const pl_range_coder *c, pl_bit *b, bool set)
{
  int32_t aim = set ? 65472 : 64; /* never certain */
  b->set = (uint16_t)(b->set + (aim - b->set) * c->pace[b->seen] / 32768);
  b->seen = (uint16_t)(b->seen + (b->seen < PL_BIT_SEEN_MAX));
}

/* Codes a bit: writing, `set`; reading, what was written. Gives it. */
static inline bool pl_range_bit(pl_range_coder *c, pl_bit *b, bool set)
{
  uint32_t bound = (c->range >> 16) * b->set;
  if (!c->writes)
    set = c->code < bound;
  if (set) {
    c->range = bound;
  } else {
    c->range -= bound;
    c->low += bound;
    c->code -= bound;
  }
  pl_bit_learn(c, b, set);
  while (c->range < 1u << 24)
    pl_range_shift(c);
  return set;
}

/* Codes a bit that is as likely set as not. */
static inline bool pl_range_even(pl_range_coder *c, bool set)
{
  c->range >>= 1;
  if (!c->writes)
    set = c->code >= c->range;
  if (set) {
    c->low += c->range;
    c->code -= c->range;
  }
  while (c->range < 1u << 24)
    pl_range_shift(c);
  return set;
}

#endif
