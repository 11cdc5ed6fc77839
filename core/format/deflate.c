/* zlib's streams, a piece at a time; its memory is from malloc. */
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

/* ---- Streams -------------------------------------------------------------------------------------- */

struct pl_gunzip {
  const pl_allocator *alloc;
  z_stream z;
  bool whole;
};

int pl_gunzip_new(const pl_allocator *a, pl_gunzip **out)
{
  pl_gunzip *g = pl_alloc_zero(a, 1, sizeof *g);
  if (!g)
    return PL_ENOMEM;
  g->alloc = a;
  if (inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK) {
    pl_free(a, g, sizeof *g);
    return PL_ENOMEM;
  }
  *out = g;
  return PL_OK;
}

void pl_gunzip_free(pl_gunzip *g)
{
  if (!g)
    return;
  inflateEnd(&g->z);
  pl_free(g->alloc, g, sizeof *g);
}

int pl_gunzip_take(pl_gunzip *g, pl_str *in, char *to, size_t room, size_t *n)
{
  z_stream *z = &g->z;
  *n = 0;
  while (*n < room && (in->len || !g->whole)) {
    size_t give = in->len < UINT_MAX ? in->len : UINT_MAX, wanted = room - *n < UINT_MAX ? room - *n : UINT_MAX;
    set_input(z, (pl_str){in->data, give});
    z->next_out = (Bytef *)to + *n;
    z->avail_out = (uInt)wanted;
    int code = inflate(z, Z_NO_FLUSH);
    *in = (pl_str){in->data + (give - z->avail_in), in->len - (give - z->avail_in)};
    *n += wanted - z->avail_out;
    g->whole = code == Z_STREAM_END;
    if (code == Z_STREAM_END)
      inflateReset(z);
    else if (code == Z_BUF_ERROR) /* it needs more input */
      break;
    else if (code != Z_OK)
      return code == Z_MEM_ERROR ? PL_ENOMEM : PL_EPROTO;
  }
  return PL_OK;
}

bool pl_gunzip_whole(const pl_gunzip *g)
{
  return g->whole;
}

/* ---- Short pieces ------------------------------------------------------------------------------- */

struct pl_deflater {
  const pl_allocator *alloc;
  z_stream deflate, inflate;
};

int pl_deflater_new(const pl_allocator *a, pl_deflater **out)
{
  pl_deflater *d = pl_alloc_zero(a, 1, sizeof *d);
  if (!d)
    return PL_ENOMEM;
  d->alloc = a;
  bool ready = deflateInit2(&d->deflate, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK &&
               inflateInit2(&d->inflate, -MAX_WBITS) == Z_OK;
  if (!ready) {
    pl_deflater_free(d);
    return PL_ENOMEM;
  }
  *out = d;
  return PL_OK;
}

void pl_deflater_free(pl_deflater *d)
{
  if (!d)
    return;
  deflateEnd(&d->deflate); /* does nothing to one that was never begun */
  inflateEnd(&d->inflate);
  pl_free(d->alloc, d, sizeof *d);
}

size_t pl_deflater_shorten(pl_deflater *d, const uint8_t *bytes, size_t len, uint8_t *room)
{
  z_stream *z = &d->deflate;
  deflateReset(z);
  set_input(z, (pl_str){(const char *)bytes, len});
  z->next_out = room;
  z->avail_out = (uInt)(len - 1);
  return deflate(z, Z_FINISH) == Z_STREAM_END ? len - 1 - z->avail_out : 0;
}

int pl_deflater_expand(pl_deflater *d, pl_str in, uint8_t *bytes, size_t len)
{
  z_stream *z = &d->inflate;
  inflateReset(z);
  set_input(z, in);
  z->next_out = bytes;
  z->avail_out = (uInt)len;
  return inflate(z, Z_FINISH) == Z_STREAM_END && z->avail_out == 0 && z->avail_in == 0 ? PL_OK : PL_EPROTO;
}

uint32_t pl_adler32(pl_str bytes)
{
  return (uint32_t)adler32_z(1, (const Bytef *)bytes.data, bytes.len);
}
