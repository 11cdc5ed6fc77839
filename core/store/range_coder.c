/* The carry of an addition may run through bytes that are 255: they are held back until it is known. */
#include "store/range_coder.h"

#define PACE(k) 65536 / (2 * (k) + 3)
#define PACES(k) PACE(k), PACE(k + 1), PACE(k + 2), PACE(k + 3), PACE(k + 4), PACE(k + 5), PACE(k + 6), PACE(k + 7), PACE(k + 8), PACE(k + 9)

const uint16_t pl_range_pace[PL_BIT_SEEN_MAX + 1] = {PACES(0),  PACES(10),  PACES(20),  PACES(30),  PACES(40),  PACES(50),
                                                     PACES(60), PACES(70),  PACES(80),  PACES(90),  PACES(100), PACES(110),
                                                     PACES(120), PACES(130), PACES(140), PACES(150), PACE(160)};

void pl_range_begin_write(pl_range_coder *c, pl_range_sink *sink, pl_buf *out)
{
  *sink = (pl_range_sink){.out = out};
  *c = (pl_range_coder){.range = UINT32_MAX, .sink = sink};
}

uint64_t pl_range_put(pl_range_sink *s, uint64_t low)
{
  uint8_t carry = (uint8_t)(low >> 32);
  if (!s->held || (uint32_t)low < 0xff000000u || carry) { /* none can run through the first byte of all */
    for (uint8_t byte = s->first; s->held; s->held--, byte = 0xff)
      (void)pl_buf_addc(s->out, (char)(uint8_t)(byte + carry));
    s->first = (uint8_t)(low >> 24);
  }
  s->held++;
  return (low & 0xffffff) << 8;
}

void pl_range_end_write(pl_range_coder *c)
{
  for (int i = 0; i <= PL_RANGE_WORD; i++)
    c->low = pl_range_put(c->sink, c->low);
}

void pl_range_begin_read(pl_range_coder *c, pl_str in)
{
  const uint8_t *bytes = (const uint8_t *)in.data;
  *c = (pl_range_coder){.range = UINT32_MAX, .in = bytes, .end = bytes + in.len};
  for (int i = 0; i < PL_RANGE_WORD; i++) {
    bool more = c->in < c->end;
    c->code = c->code << 8 | (more ? *c->in : 0);
    c->in += more;
    c->past += !more;
  }
}
