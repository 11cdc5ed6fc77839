/* The room for columns in the making, and deflate for planes of a few hundred bytes each. */
#include "store/codec.h"

#include <string.h>

#include "format/protobuf_wire.h"
#include "perilune/error.h"

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

int pl_codec_press(pl_codec *c, const uint8_t *bytes, size_t len, pl_buf *out)
{
  uint8_t room[PL_CHUNK_MAX];
  size_t shorter = pl_deflater_shorten(c->deflater, bytes, len, room);
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
