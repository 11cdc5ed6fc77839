/* zlib's streams, a piece at a time. */
#include "format/deflate.h"

#include <limits.h>
#include <zlib.h>

#include "perilune/error.h"

enum { PIECE = 64 << 10 };

static void set_input(z_stream *z, pl_str in)
{
  union {
    const char *read_only;
    Bytef *bytes;
  } data = {in.data};
  z->next_in = data.bytes;
  z->avail_in = (uInt)in.len;
}

/* Runs step (inflate or deflate) until Z_STREAM_END, or a code. */
static int run(z_stream *z, int (*step)(z_streamp, int), pl_buf *out)
{
  for (;;) {
    char *room = pl_buf_room(out, PIECE);
    if (!room)
      return out->bad;
    z->next_out = (Bytef *)room;
    z->avail_out = PIECE;
    int code = step(z, Z_FINISH);
    out->len += PIECE - z->avail_out;
    if (code == Z_STREAM_END)
      return 0;
    bool more = (code == Z_OK || code == Z_BUF_ERROR) && z->avail_out == 0;
    if (!more)
      return code == Z_MEM_ERROR ? PL_ENOMEM : PL_EPROTO;
  }
}

/* One stream at the front of in, which is dropped; bits: what inflateInit2 calls windowBits. */
static int inflate_one(pl_str *in, int bits, pl_buf *out)
{
  z_stream z = {0};
  if (inflateInit2(&z, bits) != Z_OK)
    return PL_ENOMEM;
  set_input(&z, *in);
  int code = run(&z, inflate, out);
  *in = (pl_str){in->data + (in->len - z.avail_in), z.avail_in};
  inflateEnd(&z);
  return code;
}

int pl_inflate(enum pl_deflate_form form, pl_str in, pl_buf *out)
{
  size_t before = out->len;
  pl_str rest = in;
  int code;
  if (in.len > UINT_MAX)
    return PL_ELIMIT;
  do
    code = inflate_one(&rest, form == PL_DEFLATE_GZIP ? 16 + MAX_WBITS : MAX_WBITS, out);
  while (!code && form == PL_DEFLATE_GZIP && rest.len);
  if (code == PL_EPROTO && form == PL_DEFLATE_ZLIB) {
    out->len = before;
    rest = in;
    code = inflate_one(&rest, -MAX_WBITS, out);
  }
  return code ? code : rest.len ? PL_EPROTO : 0;
}

int pl_deflate(enum pl_deflate_form form, pl_str in, pl_buf *out)
{
  z_stream z = {0};
  if (in.len > UINT_MAX)
    return PL_ELIMIT;
  int bits = form == PL_DEFLATE_GZIP ? 16 + MAX_WBITS : MAX_WBITS;
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return PL_ENOMEM;
  set_input(&z, in);
  int code = run(&z, deflate, out);
  deflateEnd(&z);
  return code;
}
