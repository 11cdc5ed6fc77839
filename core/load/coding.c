/* gzip and deflate by zlib, in pieces, so that the limit of what comes out holds. */
#include "load/coding.h"

#include <limits.h>
#include <zlib.h>

#include "base/error.h"

enum { PIECE = 64 << 10 };

static const char *const names[] = {"identity", "gzip", "deflate", "br", "zstd", "of an unknown coding"};

enum pl_coding pl_coding_of(pl_str token)
{
  token = pl_str_trim(token);
  if (!token.len || pl_str_ieq(token, PL_STR("x-gzip")))
    return token.len ? PL_CODING_GZIP : PL_CODING_IDENTITY;
  for (int c = PL_CODING_IDENTITY; c < PL_CODING_UNKNOWN; c++) {
    if (pl_str_ieq(token, pl_str_of(names[c])))
      return (enum pl_coding)c;
  }
  return PL_CODING_UNKNOWN;
}

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

/* gzip may have several members. What is called deflate is zlib's form, and with some servers the bare one. */
static int decode_zlib(enum pl_coding coding, pl_str in, pl_buf *out)
{
  size_t before = out->len;
  pl_str rest = in;
  int code;
  do
    code = inflate_one(&rest, coding == PL_CODING_GZIP ? 16 + MAX_WBITS : MAX_WBITS, out);
  while (!code && coding == PL_CODING_GZIP && rest.len);
  if (code == PL_EPROTO && coding == PL_CODING_DEFLATE) {
    out->len = before;
    rest = in;
    code = inflate_one(&rest, -MAX_WBITS, out);
  }
  return code ? code : rest.len ? PL_EPROTO : 0;
}

static int fail(enum pl_coding coding, int code, const pl_buf *out, pl_error *err)
{
  if (code == PL_ELIMIT)
    return pl_fail(err, code, "the body is %s and stands for more than %zu MiB", names[coding], out->max >> 20);
  return pl_fail(err, code, code == PL_ENOMEM ? "out of memory for a body" : "the body is no whole %s", names[coding]);
}

static int decode_in_module(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err)
{
  const pl_module_head *head;
  int code = pl_module_find(module_dir, PL_CODING_MODULE, PL_CODING_ABI, &head, err);
  if (code)
    return code;
  const pl_coding_module *m = (const pl_coding_module *)(const void *)head;
  code = (coding == PL_CODING_BR ? m->br : m->zstd)(in, out);
  return code ? fail(coding, code, out, err) : PL_OK;
}

int pl_coding_decode(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err)
{
  if (in.len > UINT_MAX)
    return pl_fail(err, PL_ELIMIT, "a body of more than 4 GiB");
  switch (coding) {
  case PL_CODING_IDENTITY:
    return pl_buf_add(out, in.data, in.len) ? fail(coding, out->bad, out, err) : PL_OK;
  case PL_CODING_GZIP:
  case PL_CODING_DEFLATE: {
    int code = decode_zlib(coding, in, out);
    return code ? fail(coding, code, out, err) : PL_OK;
  }
  case PL_CODING_BR:
  case PL_CODING_ZSTD:
    return decode_in_module(coding, in, module_dir, out, err);
  case PL_CODING_UNKNOWN:
    break;
  }
  return pl_fail(err, PL_ENOSYS, "the body has a coding that is unknown here");
}

int pl_coding_encode(enum pl_coding coding, pl_str in, pl_buf *out, pl_error *err)
{
  if (coding != PL_CODING_GZIP && coding != PL_CODING_DEFLATE)
    return pl_fail(err, PL_ENOSYS, "bodies are sent as gzip or deflate");
  if (in.len > UINT_MAX)
    return pl_fail(err, PL_ELIMIT, "a body of more than 4 GiB");
  z_stream z = {0};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, coding == PL_CODING_GZIP ? 16 + MAX_WBITS : MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return pl_fail(err, PL_ENOMEM, "out of memory for a body");
  set_input(&z, in);
  int code = run(&z, deflate, out);
  deflateEnd(&z);
  return code ? fail(coding, code, out, err) : PL_OK;
}
