/* See snappy.h. A block is the length of what it stands for and then elements: bytes as they are, or a copy of earlier ones. An
 * element's first byte has its kind in the two lowest bits. */
#include "format/snappy.h"

#include <string.h>

#include "format/protobuf_wire.h" /* lengths are varints, written as there */

/* A copy of 64 bytes takes three: nothing stands for more than that. */
enum { COPY_MAX = 64, COPY_BYTES = 3 };
enum { KIND_LITERAL = 0, KIND_COPY_1 = 1, KIND_COPY_2 = 2, KIND_COPY_4 = 3 };

/* ---- Reading -------------------------------------------------------------------------------------- */

/* What is read, and what was written so far. */
typedef struct expander {
  const uint8_t *in, *in_end;
  char *begin, *at, *end;
} expander;

/* Takes n <= 4 bytes, little-endian, off the input. */
static bool take(expander *e, unsigned n, uint32_t *out)
{
  if ((size_t)(e->in_end - e->in) < n)
    return false;
  *out = 0;
  for (unsigned i = 0; i < n; i++)
    *out |= (uint32_t)*e->in++ << 8 * i;
  return true;
}

static bool expand_literal(expander *e, uint8_t tag)
{
  uint32_t len = tag >> 2;
  if (len >= 60 && !take(e, len - 59, &len))
    return false;
  size_t n = (size_t)len + 1;
  if (n > (size_t)(e->in_end - e->in) || n > (size_t)(e->end - e->at))
    return false;
  memcpy(e->at, e->in, n);
  e->in += n;
  e->at += n;
  return true;
}

/* The source may reach into what the copy itself writes: then a pattern repeats. Each step copies what is there already, which
 * doubles. */
static void repeat(char *to, size_t offset, size_t len)
{
  const char *from = to - offset;
  while (len > offset) {
    memcpy(to, from, offset);
    to += offset;
    len -= offset;
    offset *= 2;
  }
  memcpy(to, from, len);
}

static bool expand_copy(expander *e, uint8_t tag)
{
  uint32_t offset;
  size_t len = (size_t)(tag >> 2) + 1;
  if ((tag & 3) == KIND_COPY_1) {
    len = (tag >> 2 & 7) + 4;
    if (!take(e, 1, &offset))
      return false;
    offset |= (uint32_t)(tag >> 5) << 8;
  } else if (!take(e, (tag & 3) == KIND_COPY_2 ? 2 : 4, &offset)) {
    return false;
  }
  if (offset == 0 || offset > (size_t)(e->at - e->begin) || len > (size_t)(e->end - e->at))
    return false;
  repeat(e->at, offset, len);
  e->at += len;
  return true;
}

int pl_snappy_expand(pl_str in, pl_buf *out)
{
  uint64_t len;
  if (!pl_wire_varint(&in, &len) || len > UINT32_MAX)
    return PL_EPROTO;
  if (len > (uint64_t)in.len * COPY_MAX / COPY_BYTES || !len)
    return len || in.len ? PL_EPROTO : PL_OK;
  char *room = pl_buf_room(out, (size_t)len);
  if (!room)
    return out->bad;
  const uint8_t *bytes = (const uint8_t *)in.data;
  expander e = {.in = bytes, .in_end = bytes + in.len, .begin = room, .at = room, .end = room + len};
  while (e.in < e.in_end) {
    uint8_t tag = *e.in++;
    if (!((tag & 3) == KIND_LITERAL ? expand_literal(&e, tag) : expand_copy(&e, tag)))
      return PL_EPROTO;
  }
  if (e.at != e.end)
    return PL_EPROTO;
  out->len += (size_t)len;
  return PL_OK;
}

/* ---- Writing ---------------------------------------------------------------------------------------- */

enum { BLOCK = 1 << 16, TABLE_BITS = 12, SHORTEST = 4 };

static uint32_t four_at(const char *at)
{
  uint32_t v;
  memcpy(&v, at, sizeof v);
  return v;
}

/* Where four bytes were seen last, roughly. */
static uint32_t slot_of(uint32_t four)
{
  return four * 0x1e35a7bdU >> (32 - TABLE_BITS);
}

static void put_literal(pl_buf *out, const char *from, size_t len)
{
  if (!len)
    return;
  size_t n = len - 1; /* below 65,536 */
  unsigned bytes = n < 60 ? 0 : n < 256 ? 1 : 2;
  (void)pl_buf_addc(out, (char)((bytes ? 59 + bytes : n) << 2 | KIND_LITERAL));
  pl_wire_put_fixed(out, bytes, n);
  (void)pl_buf_add(out, from, len);
}

static void put_copy(pl_buf *out, size_t offset, size_t len)
{
  for (; len > 0; len -= len > COPY_MAX ? COPY_MAX : len) {
    size_t n = len > COPY_MAX ? COPY_MAX : len;
    (void)pl_buf_addc(out, (char)((n - 1) << 2 | KIND_COPY_2));
    pl_wire_put_fixed(out, 2, offset);
  }
}

/* One block: no offset within it needs more than two bytes. */
static void shorten_block(const char *in, size_t len, pl_buf *out)
{
  uint16_t table[1 << TABLE_BITS] = {0};
  size_t at = 1, literal = 0; /* an offset of 0 stands for none: the first byte is never looked up */
  while (at + SHORTEST <= len) {
    uint16_t *slot = &table[slot_of(four_at(in + at))];
    size_t earlier = *slot;
    *slot = (uint16_t)at;
    if (earlier == 0 || four_at(in + earlier) != four_at(in + at)) {
      at += 1 + ((at - literal) >> 5); /* where nothing repeats, look less often */
      continue;
    }
    size_t same = SHORTEST;
    while (at + same < len && in[earlier + same] == in[at + same])
      same++;
    put_literal(out, in + literal, at - literal);
    put_copy(out, at - earlier, same);
    literal = at += same;
  }
  put_literal(out, in + literal, len - literal);
}

int pl_snappy_shorten(pl_str in, pl_buf *out)
{
  if (in.len > UINT32_MAX)
    return PL_ELIMIT;
  pl_wire_put_varint(out, in.len);
  for (size_t at = 0; at < in.len; at += BLOCK)
    shorten_block(in.data + at, in.len - at < BLOCK ? in.len - at : BLOCK, out);
  return out->bad;
}
