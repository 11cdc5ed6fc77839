/* A chunk: a byte for the version, the number of samples, the column of times, the values, a CRC-32 of all before it. */
#include "store/chunk.h"

#include "format/crc32.h"
#include "format/protobuf_wire.h"
#include "perilune/error.h"
#include "store/codec.h"
#include "store/column.h"
#include "store/values.h"

enum { VERSION = 1, SUM_BYTES = 4 };

int pl_chunk_write(pl_codec *c, const int64_t *times_ns, const double *values, size_t n, enum pl_chunk_effort effort, pl_buf *out)
{
  if (n == 0 || n > PL_CHUNK_MAX)
    return PL_EINVAL;
  size_t start = out->len;
  (void)pl_buf_addc(out, VERSION);
  pl_wire_put_varint(out, n);
  int code = pl_column_write(c, times_ns, n, effort, out);
  if (!code)
    code = pl_values_write(c, values, n, effort, out);
  if (code)
    return code;
  pl_chunk_close(out, start);
  return out->bad;
}

void pl_chunk_close(pl_buf *out, size_t start)
{
  if (!out->bad)
    pl_wire_put_fixed(out, SUM_BYTES, pl_crc32((pl_str){out->data + start, out->len - start}));
}

int pl_chunk_open(pl_str chunk, unsigned version, pl_str *body)
{
  if (chunk.len < 1 + SUM_BYTES)
    return PL_ECORRUPT;
  size_t len = chunk.len - SUM_BYTES;
  pl_str tail = {chunk.data + len, SUM_BYTES};
  uint64_t sum;
  if (!pl_wire_fixed(&tail, SUM_BYTES, &sum) || sum != pl_crc32((pl_str){chunk.data, len}))
    return PL_ECORRUPT;
  *body = (pl_str){chunk.data + 1, len - 1};
  unsigned found = (unsigned char)chunk.data[0];
  return found > version ? PL_EVERSION : found == version ? PL_OK : PL_ECORRUPT;
}

bool pl_chunk_is_unreadable(int code)
{
  return code == PL_ECORRUPT || code == PL_EVERSION;
}

int pl_chunk_read(pl_codec *c, pl_str chunk, pl_samples *out)
{
  pl_str rest;
  uint64_t n;
  int code = pl_chunk_open(chunk, VERSION, &rest);
  if (code)
    return code;
  if (!pl_wire_varint(&rest, &n) || n == 0 || n > PL_CHUNK_MAX)
    return PL_ECORRUPT;
  code = pl_column_read(c, &rest, c->times_ns, (size_t)n);
  if (!code)
    code = pl_values_read(c, &rest, c->values, (size_t)n);
  if (!code && rest.len)
    code = PL_ECORRUPT;
  if (!code)
    *out = (pl_samples){c->times_ns, c->values, (size_t)n};
  return code;
}
