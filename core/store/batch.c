/* A batch: a byte for the version, pieces of at most PL_CHUNK_MAX points, each a number and four columns, a CRC-32 of all before it. */
#include "store/batch.h"

#include "format/protobuf_wire.h"
#include "perilune/error.h"
#include "store/column.h"
#include "store/values.h"

enum { VERSION = 1 };

static int write_piece(pl_codec *c, pl_batch_columns *columns, const pl_store_point *points, size_t n, pl_buf *out)
{
  for (size_t i = 0; i < n; i++) {
    columns->series[i] = points[i].series;
    columns->runs[i] = points[i].run;
    columns->times_ns[i] = points[i].ts_ns;
    columns->values[i] = points[i].value;
  }
  pl_wire_put_varint(out, n);
  int code = pl_column_write(c, columns->series, n, PL_CHUNK_PACKED, out);
  if (!code)
    code = pl_column_write(c, columns->runs, n, PL_CHUNK_PACKED, out);
  if (!code)
    code = pl_column_write(c, columns->times_ns, n, PL_CHUNK_PACKED, out);
  return code ? code : pl_values_write(c, columns->values, n, PL_CHUNK_PACKED, out);
}

int pl_batch_write(pl_codec *c, pl_batch_columns *columns, const pl_store_point *points, size_t n, pl_buf *out)
{
  size_t start = out->len;
  (void)pl_buf_addc(out, VERSION);
  for (size_t i = 0; i < n; i += PL_CHUNK_MAX) {
    int code = write_piece(c, columns, points + i, n - i < PL_CHUNK_MAX ? n - i : PL_CHUNK_MAX, out);
    if (code)
      return code;
  }
  pl_chunk_close(out, start);
  return out->bad;
}

static int read_piece(pl_codec *c, pl_batch_columns *columns, pl_str *rest, pl_store_points *points)
{
  uint64_t n;
  if (!pl_wire_varint(rest, &n) || n == 0 || n > PL_CHUNK_MAX)
    return PL_ECORRUPT;
  int code = pl_column_read(c, rest, columns->series, (size_t)n);
  if (!code)
    code = pl_column_read(c, rest, columns->runs, (size_t)n);
  if (!code)
    code = pl_column_read(c, rest, columns->times_ns, (size_t)n);
  if (!code)
    code = pl_values_read(c, rest, columns->values, (size_t)n);
  if (!code)
    code = pl_points_room(points, (size_t)n);
  for (size_t i = 0; i < n && !code; i++)
    points->all[points->n++] = (pl_store_point){columns->series[i], columns->runs[i], columns->times_ns[i], columns->values[i]};
  return code;
}

int pl_batch_read(pl_codec *c, pl_batch_columns *columns, pl_str batch, pl_store_points *points)
{
  pl_str rest;
  size_t before = points->n;
  int code = pl_chunk_open(batch, VERSION, &rest);
  while (!code && rest.len)
    code = read_piece(c, columns, &rest, points);
  if (code)
    points->n = before;
  return code;
}
