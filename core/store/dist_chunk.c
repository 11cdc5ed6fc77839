/* A byte for the version, the number of histograms, columns of their figures, the counters of all of them, a CRC-32 of all before it. */
#include "store/dist_chunk.h"

#include "format/protobuf_wire.h"
#include "store/column.h"
#include "store/values.h"

enum { VERSION = 1, BYTES_MAX = 1 << 20 /* of a histogram */ };

int pl_dist_chunk_write(pl_codec *c, const pl_dist_figures *f, pl_str counters, pl_buf *out)
{
  const int64_t *const columns[] = {f->ts_ms, f->count, f->min, f->max};
  size_t start = out->len;
  int code = PL_OK;
  (void)pl_buf_addc(out, VERSION);
  pl_wire_put_varint(out, f->n);
  for (size_t i = 0; i < sizeof columns / sizeof *columns && !code; i++)
    code = pl_column_write(c, columns[i], f->n, PL_CHUNK_PACKED, out);
  if (!code)
    code = pl_values_write(c, f->sum, f->n, PL_CHUNK_PACKED, out);
  if (!code)
    code = pl_buf_add(out, counters.data, counters.len);
  if (code)
    return code;
  pl_chunk_close(out, start);
  return out->bad;
}

static int read_figures(pl_codec *c, pl_str *rest, pl_dist_figures *f)
{
  int64_t *const columns[] = {f->ts_ms, f->count, f->min, f->max};
  uint64_t n;
  int code = PL_OK;
  if (!pl_wire_varint(rest, &n) || n == 0 || n > PL_DIST_CHUNK_MAX)
    return PL_ECORRUPT;
  for (size_t i = 0; i < sizeof columns / sizeof *columns && !code; i++)
    code = pl_column_read(c, rest, columns[i], (size_t)n);
  if (!code)
    code = pl_values_read(c, rest, f->sum, (size_t)n);
  for (size_t i = 1; i < n && !code; i++)
    code = f->ts_ms[i - 1] < f->ts_ms[i] ? PL_OK : PL_ECORRUPT;
  f->n = code ? 0 : (size_t)n;
  return code;
}

int pl_dist_reader_open(pl_dist_reader *r, const pl_allocator *a, pl_codec *c, pl_str chunk)
{
  if (!r->alloc) {
    r->alloc = a;
    pl_buf_init(&r->bytes, a, BYTES_MAX);
  }
  r->read = r->figures.n = 0;
  int code = pl_chunk_open(chunk, VERSION, &r->rest);
  return code ? code : read_figures(c, &r->rest, &r->figures);
}

static int read_next(pl_dist_reader *r)
{
  uint64_t count = 0;
  int code = r->counters ? PL_OK : pl_counters_new(r->alloc, &r->counters);
  if (code)
    return code;
  if (r->read == 0)
    pl_counters_begin_read(r->counters, r->rest);
  pl_buf_clear(&r->bytes);
  code = pl_counters_read(r->counters, &r->bytes, &count);
  if (!code && (int64_t)count != r->figures.count[r->read])
    code = PL_ECORRUPT;
  r->read += !code;
  return code;
}

int pl_dist_reader_bytes(pl_dist_reader *r, size_t i, pl_str *out)
{
  int code = PL_OK;
  while (r->read <= i && !code)
    code = i < r->figures.n ? read_next(r) : PL_ECORRUPT;
  if (!code)
    *out = (pl_str){r->bytes.data, r->bytes.len};
  return code;
}

void pl_dist_reader_close(pl_dist_reader *r)
{
  if (!r->alloc)
    return;
  pl_counters_free(r->counters);
  pl_buf_fini(&r->bytes);
  *r = (pl_dist_reader){0};
}

int pl_dist_reader_check(pl_dist_reader *r, const pl_allocator *a, pl_codec *c, pl_str chunk)
{
  int code = pl_dist_reader_open(r, a, c, chunk);
  while (!code && r->read < r->figures.n)
    code = read_next(r);
  return code;
}
