/* The carry of an addition may run through bytes that are 255: they are held back until it is known. */
#include "store/range_coder.h"

enum { WORD = 4 /* bytes of code */ };

static void set_pace(pl_range_coder *c)
{
  for (int i = 0; i <= PL_BIT_SEEN_MAX; i++)
    c->pace[i] = (uint16_t)(65536 / (2 * i + 3));
}

void pl_range_begin_write(pl_range_coder *c, pl_buf *out)
{
  *c = (pl_range_coder){.range = UINT32_MAX, .writes = true, .out = out};
  set_pace(c);
}

static void put_out(pl_range_coder *c)
{
  uint8_t carry = (uint8_t)(c->low >> 32);
  if (!c->held || (uint32_t)c->low < 0xff000000u || carry) { /* none can run through the first byte of all */
    for (uint8_t byte = c->first; c->held; c->held--, byte = 0xff)
      (void)pl_buf_addc(c->out, (char)(uint8_t)(byte + carry));
    c->first = (uint8_t)(c->low >> 24);
  }
  c->held++;
  c->low = (c->low & 0xffffff) << 8;
}

static void take_in(pl_range_coder *c)
{
  uint8_t byte = 0;
  if (c->in.len) {
    byte = (uint8_t)*c->in.data++;
    c->in.len--;
  } else {
    c->past_end = ++c->held > WORD;
  }
  c->code = c->code << 8 | byte;
}

void pl_range_shift(pl_range_coder *c)
{
  c->range <<= 8;
  if (c->writes)
    put_out(c);
  else
    take_in(c);
}

void pl_range_end_write(pl_range_coder *c)
{
  for (int i = 0; i <= WORD; i++)
    put_out(c);
}

void pl_range_begin_read(pl_range_coder *c, pl_str in)
{
  *c = (pl_range_coder){.range = UINT32_MAX, .in = in};
  set_pace(c);
  for (int i = 0; i < WORD; i++)
    take_in(c);
}
