/* HdrHistogram's encodings. Integers are big-endian. */
#include "format/hdr.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "format/deflate.h"
#include "format/protobuf_wire.h" /* counts are zigzag numbers, as there */

/* Cookies without COOKIE_MASK, in which the bytes of a count are. */
enum { V2 = 0x1c849303, V1 = 0x1c849301, V0 = 0x1c849308, V2_COMPRESSED = 0x1c849304, V1_COMPRESSED = 0x1c849302, V0_COMPRESSED = 0x1c849309, COOKIE_MASK = 0xf0 };
enum { HEAD = 40, HEAD_V0 = 32, HEAD_COMPRESSED = 8, DIGITS = 3, ZIGZAG_MAX = 9, ZIGZAG_BYTE = 64 /* less takes one */ };

static void put32(unsigned char *p, uint32_t v)
{
  for (int i = 0; i < 4; i++)
    p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static void put64(unsigned char *p, uint64_t v)
{
  put32(p, (uint32_t)(v >> 32));
  put32(p + 4, (uint32_t)v);
}

static uint32_t get32(const unsigned char *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t get64(const unsigned char *p)
{
  return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/* ZigZag LEB128 with at most 9 bytes: the ninth holds 8 bits. Where the next number goes. */
static unsigned char *put_zigzag(unsigned char *p, int64_t v)
{
  uint64_t z = pl_wire_zigzag((uint64_t)v);
  for (int i = 0; i < ZIGZAG_MAX - 1 && z >> 7; i++) {
    *p++ = (unsigned char)((z & 0x7f) | 0x80);
    z >>= 7;
  }
  *p++ = (unsigned char)z;
  return p;
}

static bool get_zigzag(pl_str *in, int64_t *out)
{
  uint64_t z = 0;
  for (unsigned n = 0; n < 9; n++) {
    if (in->len == 0)
      return false;
    unsigned char byte = (unsigned char)in->data[0];
    in->data++;
    in->len--;
    z |= (uint64_t)(n == 8 ? byte : byte & 0x7f) << (7 * n);
    if (n == 8 || !(byte & 0x80))
      break;
  }
  *out = (int64_t)pl_wire_unzigzag(z);
  return true;
}

/* ---- Our geometry ---------------------------------------------------------------------------------- */

/* The head of `length` bytes of counts, as other tools write it, too. */
static void put_head(unsigned char head[HEAD], size_t length)
{
  double ratio = 1;
  uint64_t ratio_bits;
  memcpy(&ratio_bits, &ratio, sizeof ratio_bits);
  put32(head, V2 | 0x10);
  put32(head + 4, (uint32_t)length);
  put32(head + 8, 0);
  put32(head + 12, DIGITS);
  put64(head + 16, 1);
  put64(head + 24, PL_HIST_MAX_VALUE);
  put64(head + 32, ratio_bits);
}

void pl_hdr_begin(pl_hdr_writer *w, pl_buf *out)
{
  unsigned char head[HEAD] = {0};
  *w = (pl_hdr_writer){.out = out, .start = out->len};
  (void)pl_buf_add(out, head, sizeof head);
}

/* Puts a counter that is not zero behind so many that are. */
static unsigned char *put_counter(unsigned char *p, uint32_t gap, uint64_t count)
{
  if (gap)
    p = put_zigzag(p, -(int64_t)gap);
  return put_zigzag(p, (int64_t)(count & INT64_MAX));
}

/* What takes a byte each, as nearly all counters and gaps do, is put without a branch: which ones are zero, nobody can guess. */
void pl_hdr_put(pl_hdr_writer *w, const uint64_t *counts, uint32_t n)
{
  char *room = pl_buf_room(w->out, (size_t)n * 2 * ZIGZAG_MAX);
  unsigned char *p = (unsigned char *)room;
  uint32_t gap = w->gap;
  for (uint32_t i = 0; p && i < n; i++) {
    uint64_t count = counts[i];
    bool some = count != 0;
    if (count < ZIGZAG_BYTE && gap < ZIGZAG_BYTE) {
      *p = (unsigned char)(2 * gap - 1);
      p += some && gap;
      *p = (unsigned char)(2 * count);
      p += some;
    } else if (some) {
      p = put_counter(p, gap, count);
    }
    gap = some ? 0 : gap + 1;
  }
  w->gap = gap;
  w->out->len += (size_t)(p - (unsigned char *)room);
}

int pl_hdr_end(pl_hdr_writer *w)
{
  if (!w->out->bad)
    put_head((unsigned char *)w->out->data + w->start, w->out->len - w->start - HEAD);
  return w->out->bad;
}

int pl_hdr_encode(const pl_hist *h, pl_buf *out)
{
  pl_hdr_writer w;
  uint64_t counts[PL_HIST_PAGE];
  pl_hdr_begin(&w, out);
  for (uint32_t p = 0; p < PL_HIST_PAGES; p++) {
    const pl_hist_page *page = h->page[p];
    if (!page) {
      pl_hdr_skip(&w, PL_HIST_PAGE);
      continue;
    }
    for (uint32_t i = 0; i < PL_HIST_PAGE; i++)
      counts[i] = page->low[i] + (page->high ? page->high[i] << 16 : 0);
    pl_hdr_put(&w, counts, PL_HIST_PAGE);
  }
  return pl_hdr_end(&w);
}

int pl_hdr_open(pl_hdr_reader *r, pl_str bytes)
{
  unsigned char head[HEAD];
  if (bytes.len < HEAD || bytes.len - HEAD > UINT32_MAX)
    return PL_EPARSE;
  put_head(head, bytes.len - HEAD);
  if (memcmp(bytes.data, head, HEAD) != 0)
    return PL_EPARSE;
  r->at = (const unsigned char *)bytes.data + HEAD;
  r->end = (const unsigned char *)bytes.data + bytes.len;
  r->index = 0;
  return PL_OK;
}

/* Takes a number of the fewest bytes; false: there is none. */
static bool take_exact(pl_hdr_reader *r, int64_t *out)
{
  const unsigned char *from = r->at;
  uint64_t z = 0;
  for (unsigned n = 0; n < ZIGZAG_MAX && r->at < r->end; n++) {
    unsigned char byte = *r->at++;
    z |= (uint64_t)(n == ZIGZAG_MAX - 1 ? byte : byte & 0x7f) << (7 * n);
    if (n < ZIGZAG_MAX - 1 && byte & 0x80)
      continue;
    *out = (int64_t)pl_wire_unzigzag(z);
    return byte || r->at - from == 1;
  }
  return false;
}

int pl_hdr_next(pl_hdr_reader *r, uint32_t *index, uint64_t *count)
{
  int64_t n;
  if (r->at == r->end)
    return 0;
  if (!take_exact(r, &n))
    return PL_EPARSE;
  if (n < 0) {
    if (n < -(int64_t)(PL_HIST_COUNTERS - r->index))
      return PL_EPARSE;
    r->index += (uint32_t)-n;
    if (!take_exact(r, &n))
      return PL_EPARSE;
  }
  if (n <= 0 || r->index >= PL_HIST_COUNTERS)
    return PL_EPARSE;
  *index = r->index++;
  *count = (uint64_t)n;
  return 1;
}

/* ---- Any geometry ---------------------------------------------------------------------------------- */

/* The geometry of an encoded histogram. */
typedef struct geometry {
  unsigned unit_shift;      /* log2 of the lowest value */
  unsigned half_shift;      /* log2 of half the sub-bucket count */
} geometry;

static bool read_geometry(uint32_t digits, uint64_t lowest, geometry *g)
{
  if (digits > 5 || lowest == 0 || lowest > UINT64_C(1) << 50)
    return false;
  double largest = 2 * pow(10, digits);
  unsigned magnitude = (unsigned)ceil(log2(largest));
  g->half_shift = (magnitude > 1 ? magnitude : 1) - 1;
  g->unit_shift = 63u - (unsigned)__builtin_clzll(lowest);
  return true;
}

/* Lowest value of the counter at index, as HdrHistogram adds one histogram to another; UINT64_MAX beyond the range. */
static uint64_t lowest_of(const geometry *g, uint64_t index)
{
  uint64_t half = UINT64_C(1) << g->half_shift;
  uint64_t bucket = index >> g->half_shift, sub = index & (half - 1);
  if (bucket == 0 || bucket == 1) {
    sub = index;
    bucket = 0;
  } else {
    bucket -= 1;
    sub += half;
  }
  uint64_t shift = bucket + g->unit_shift;
  uint64_t lowest;
  return shift > 50 || __builtin_mul_overflow(sub, UINT64_C(1) << shift, &lowest) ? UINT64_MAX : lowest;
}

/* Counts that are to be read: ZigZag LEB128, or words of so many bytes. */
typedef struct counts {
  pl_str in;
  unsigned word; /* 0: ZigZag */
} counts;

static bool next_count(counts *c, int64_t *count)
{
  const unsigned char *p = (const unsigned char *)c->in.data;
  if (c->word == 0)
    return get_zigzag(&c->in, count);
  if (c->in.len < c->word)
    return false;
  uint64_t v = 0;
  for (unsigned i = 0; i < c->word; i++)
    v = v << 8 | p[i];
  c->in = (pl_str){c->in.data + c->word, c->in.len - c->word};
  *count = (int64_t)v;
  return *count >= 0;
}

static int read_head(pl_str bytes, geometry *g, counts *c, pl_error *err)
{
  const unsigned char *head = (const unsigned char *)bytes.data;
  uint32_t cookie = bytes.len >= HEAD_V0 ? get32(head) & ~(uint32_t)COOKIE_MASK : 0;
  size_t size = cookie == V0 ? HEAD_V0 : HEAD;
  bool known = (cookie == V0 || cookie == V1 || cookie == V2) && bytes.len >= size;
  c->word = known && cookie != V2 ? (get32(head) & COOKIE_MASK) >> 4 & 0xe : 0;
  if (!known || (cookie != V2 && c->word != 2 && c->word != 4 && c->word != 8) ||
      !(cookie == V0 ? read_geometry(get32(head + 4), get64(head + 8), g) : read_geometry(get32(head + 12), get64(head + 16), g)))
    return pl_fail(err, PL_EPARSE, "not an encoding of HdrHistogram");
  c->in = (pl_str){bytes.data + size, bytes.len - size};
  if (cookie == V0)
    return PL_OK;
  uint32_t length = get32(head + 4);
  if (length > c->in.len)
    return pl_fail(err, PL_EPARSE, "the histogram is cut short: %u bytes promised, %zu there", length, c->in.len);
  c->in.len = length;
  return PL_OK;
}

int pl_hdr_decode(pl_str bytes, pl_hist *h, pl_error *err)
{
  geometry g = {0};
  counts c = {0};
  int code = read_head(bytes, &g, &c, err);
  if (code)
    return code;
  uint64_t index = 0, lost = h->lost;
  while (c.in.len) {
    int64_t count;
    if (!next_count(&c, &count))
      return pl_fail(err, PL_EPARSE, "the histogram's counts are cut short");
    if (count < 0) {
      if (count < -(INT64_C(1) << 32))
        return pl_fail(err, PL_EPARSE, "the histogram skips too many counters");
      index += (uint64_t)-count;
      continue;
    }
    uint64_t value = lowest_of(&g, index++);
    if (count == 0 && c.word)
      continue; /* words go on to the end of the array */
    if (value == UINT64_MAX)
      return pl_fail(err, PL_EPARSE, "the histogram has more counters than its range");
    if ((uint64_t)count > (uint64_t)INT64_MAX - h->count)
      return pl_fail(err, PL_EPARSE, "the histogram's counts add up to more than 2^63");
    pl_hist_record_n(h, value, (uint64_t)count);
  }
  if (h->count && h->max <= PL_HIST_MAX_VALUE)
    h->max = pl_hist_highest(pl_hist_index(h->max)); /* all that is known of it, from above */
  return h->lost == lost ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for a histogram");
}

/* ---- Compressed ------------------------------------------------------------------------------------ */

int pl_hdr_compress(const pl_hist *h, pl_buf *scratch, pl_buf *out)
{
  size_t start = out->len;
  unsigned char head[HEAD_COMPRESSED] = {0};
  pl_buf_clear(scratch);
  int code = pl_hdr_encode(h, scratch);
  if (!code)
    code = pl_buf_add(out, head, sizeof head);
  if (!code)
    code = pl_deflate(PL_DEFLATE_ZLIB, (pl_str){scratch->data, scratch->len}, out);
  if (code)
    return code;
  put32(head, V2_COMPRESSED | 0x10);
  put32(head + 4, (uint32_t)(out->len - start - HEAD_COMPRESSED));
  memcpy(out->data + start, head, sizeof head);
  return PL_OK;
}

int pl_hdr_expand(pl_str bytes, pl_buf *scratch, pl_hist *h, pl_error *err)
{
  const unsigned char *head = (const unsigned char *)bytes.data;
  uint32_t cookie = bytes.len >= HEAD_COMPRESSED ? get32(head) & ~(uint32_t)COOKIE_MASK : 0;
  if (cookie != V0_COMPRESSED && cookie != V1_COMPRESSED && cookie != V2_COMPRESSED)
    return pl_fail(err, PL_EPARSE, "not a compressed encoding of HdrHistogram");
  uint32_t length = get32(head + 4);
  if (length > bytes.len - HEAD_COMPRESSED)
    return pl_fail(err, PL_EPARSE, "the compressed histogram is cut short");
  pl_buf_clear(scratch);
  int code = pl_inflate(PL_DEFLATE_ZLIB, (pl_str){bytes.data + HEAD_COMPRESSED, length}, scratch);
  if (code)
    return pl_fail(err, code == PL_EPROTO ? PL_EPARSE : code, "the compressed histogram is broken or too large");
  return pl_hdr_decode((pl_str){scratch->data, scratch->len}, h, err);
}
