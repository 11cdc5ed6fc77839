/* The room for columns in the making, and deflate for planes of a few hundred bytes each. */
#include "store/codec.h"

#include <math.h>
#include <string.h>

#include "format/protobuf_wire.h"
#include "perilune/error.h"

enum {
  REPETITION_BITS = 18, /* of a length and a distance */
  MANY = 512,           /* bytes, of which a try takes long */
  SAMPLE = 1024,        /* bytes that a guess looks at */
};

int pl_codec_new(const pl_allocator *a, pl_codec **out)
{
  pl_codec *c = pl_alloc_zero(a, 1, sizeof *c);
  if (!c)
    return PL_ENOMEM;
  c->alloc = a;
  for (int i = 0; i < PL_DRAFTS; i++)
    pl_buf_init(&c->drafts[i], a, SIZE_MAX);
  int code = pl_deflater_new(a, &c->deflater);
  if (code)
    pl_codec_free(c);
  else
    *out = c;
  return code;
}

void pl_codec_free(pl_codec *c)
{
  if (!c)
    return;
  pl_deflater_free(c->deflater);
  for (int i = 0; i < PL_DRAFTS; i++)
    pl_buf_fini(&c->drafts[i]);
  pl_free(c->alloc, c, sizeof *c);
}

/* ---- Guesses ---------------------------------------------------------------------------------------- */

/* Bits of bytes that occur so often, each coded by how often it does. */
static double entropy_bits(const uint16_t often[256])
{
  double all = 0, bits = 0;
  for (int i = 0; i < 256; i++) {
    if (often[i]) {
      all += often[i];
      bits -= often[i] * log2(often[i]);
    }
  }
  return all > 0 ? bits + all * log2(all) : 0;
}

static uint32_t four(const uint8_t *bytes)
{
  uint32_t v;
  memcpy(&v, bytes, sizeof v);
  return v;
}

/* Goes through the bytes as a fast Lempel-Ziv would: how often the others occur, and how many repetitions there are. */
static size_t find_repetitions(pl_codec *c, const uint8_t *bytes, size_t len, uint16_t often[256])
{
  size_t i = 0, found = 0;
  memset(c->last, 0, sizeof c->last);
  while (i + sizeof(uint32_t) <= len) {
    uint16_t *last = &c->last[four(bytes + i) * 2654435761u >> (32 - PL_LAST_LOG)];
    size_t at = *last, same = sizeof(uint32_t);
    *last = (uint16_t)(i + 1);
    if (!at || four(bytes + at - 1) != four(bytes + i)) {
      often[bytes[i++]]++;
      continue;
    }
    while (i + same < len && bytes[at - 1 + same] == bytes[i + same])
      same++;
    i += same;
    found++;
  }
  while (i < len)
    often[bytes[i++]]++;
  return found;
}

size_t pl_codec_guess(pl_codec *c, const uint8_t *bytes, size_t len)
{
  uint16_t often[256] = {0}, alone[256] = {0};
  const size_t all = len;
  if (len > SAMPLE) {
    bytes += (len - SAMPLE) / 2;
    len = SAMPLE;
  }
  for (size_t i = 0; i < len; i++)
    often[bytes[i]]++;
  size_t repetitions = find_repetitions(c, bytes, len, alone);
  double bits = fmin(entropy_bits(often), entropy_bits(alone) + (double)(repetitions * REPETITION_BITS));
  return (size_t)(bits / 8 * (double)all / (double)(len ? len : 1));
}

/* ---- The last stage --------------------------------------------------------------------------------- */

/* Bytes that are as good as random stay as they are without a try. */
int pl_codec_press(pl_codec *c, const uint8_t *bytes, size_t len, pl_buf *out)
{
  uint8_t room[PL_CHUNK_MAX];
  bool random = len >= MANY && pl_codec_guess(c, bytes, len) > len - len / 64;
  size_t shorter = random ? 0 : pl_deflater_shorten(c->deflater, bytes, len, room);
  pl_wire_put_varint(out, shorter ? shorter << 1 | 1 : len << 1);
  return shorter ? pl_buf_add(out, room, shorter) : pl_buf_add(out, bytes, len);
}

int pl_codec_expand(pl_codec *c, pl_str *rest, uint8_t *bytes, size_t len)
{
  uint64_t form;
  if (!pl_wire_varint(rest, &form) || form >> 1 > rest->len)
    return PL_ECORRUPT;
  pl_str in = {rest->data, (size_t)(form >> 1)};
  *rest = (pl_str){rest->data + in.len, rest->len - in.len};
  if (form & 1)
    return pl_deflater_expand(c->deflater, in, bytes, len) ? PL_ECORRUPT : PL_OK;
  if (in.len != len)
    return PL_ECORRUPT;
  memcpy(bytes, in.data, len);
  return PL_OK;
}
