/* A column is its residuals: numbers minus the least of them, or differences of the first or second order in zigzag, divided by what
 * divides them all. All arithmetic is modulo 2^64, so that no number is too large. Residuals that are all 0 are left out; others
 * are packed in blocks of one width and some exceptions, or split into planes of bytes for the last stage. */
#include "store/column.h"

#include <endian.h>
#include <string.h>

#include "format/protobuf_wire.h"
#include "perilune/error.h"

enum {
  ORDERS = 3,
  LANES = 4,   /* side by side in a block, so that compilers make vectors of them */
  BLOCK = 256, /* numbers of one width; a multiple of LANES, of which PL_CHUNK_MAX is one */
};

/* The first byte of a column. */
enum { ORDER_MASK = 3, FORM_CONSTANT = 0 << 2, FORM_PACKED = 1 << 2, FORM_PLANES = 2 << 2, FORM_MASK = 3 << 2, DIVIDED = 1 << 4 };

static uint64_t zigzag(uint64_t v)
{
  return v << 1 ^ (0 - (v >> 63));
}

static uint64_t unzigzag(uint64_t z)
{
  return z >> 1 ^ (0 - (z & 1));
}

static unsigned bits_of(uint64_t v)
{
  return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

/* ---- Residuals ---------------------------------------------------------------------------------- */

/* What numbers begin with: the least one (order 0), or the first one and the first difference. */
typedef struct column_base {
  uint64_t first, step;
} column_base;

static column_base base_of(const int64_t *v, size_t n, unsigned order)
{
  column_base b = {(uint64_t)v[0], 0};
  if (order == 0) {
    int64_t least = v[0];
    for (size_t i = 1; i < n; i++)
      least = v[i] < least ? v[i] : least;
    b.first = (uint64_t)least;
  }
  if (order == 2 && n > 1)
    b.step = (uint64_t)v[1] - (uint64_t)v[0];
  return b;
}

/* The residual of v[i], i >= order. */
static inline uint64_t residual(const int64_t *v, size_t i, unsigned order, column_base b)
{
  uint64_t x = (uint64_t)v[i];
  if (order == 0)
    return x - b.first;
  uint64_t d = x - (uint64_t)v[i - 1];
  return zigzag(order == 1 ? d : d - ((uint64_t)v[i - 1] - (uint64_t)v[i - 2]));
}

static inline void fill(const int64_t *v, size_t n, unsigned order, column_base b, uint64_t *r)
{
  for (size_t i = 0; i < order && i < n; i++)
    r[i] = 0;
  for (size_t i = order; i < n; i++)
    r[i] = residual(v, i, order, b);
}

/* One loop for each order, which the compiler makes of the same few lines. */
static column_base make_residuals(const int64_t *v, size_t n, unsigned order, uint64_t *r)
{
  column_base b = base_of(v, n, order);
  if (order == 0)
    fill(v, n, 0, b, r);
  else if (order == 1)
    fill(v, n, 1, b, r);
  else
    fill(v, n, 2, b, r);
  for (size_t i = n; i % LANES; i++)
    r[i] = 0; /* whole rows are packed */
  return b;
}

static void restore(int64_t *v, size_t n, unsigned order, column_base b, const uint64_t *r)
{
  uint64_t x = b.first, d = b.step;
  if (order == 0) {
    for (size_t i = 0; i < n; i++)
      v[i] = (int64_t)(b.first + r[i]);
    return;
  }
  v[0] = (int64_t)x;
  if (order == 1) {
    for (size_t i = 1; i < n; i++)
      v[i] = (int64_t)(x += unzigzag(r[i]));
    return;
  }
  for (size_t i = 1; i < n; i++)
    v[i] = (int64_t)(x += d += unzigzag(r[i]));
}

/* The size of a difference in zigzag, and back to the one of that sign. */
static uint64_t size_of(uint64_t z)
{
  return (z >> 1) + (z & 1);
}

static uint64_t sized(uint64_t size, uint64_t z)
{
  return (size << 1) - (z & 1);
}

/* What divides all residuals; 1: nothing does, 0: all are 0. */
static uint64_t divisor(const uint64_t *r, size_t n, unsigned order)
{
  uint64_t g = 0;
  for (size_t i = 0; i < n && g != 1; i++) {
    uint64_t a = order ? size_of(r[i]) : r[i];
    while (a) {
      uint64_t rest = g % a;
      g = a;
      a = rest;
    }
  }
  return g;
}

static void divide(uint64_t *r, size_t n, unsigned order, uint64_t by)
{
  for (size_t i = 0; i < n; i++)
    r[i] = order ? sized(size_of(r[i]) / by, r[i]) : r[i] / by;
}

static void multiply(uint64_t *r, size_t n, unsigned order, uint64_t by)
{
  for (size_t i = 0; i < n; i++)
    r[i] = order ? sized(size_of(r[i]) * by, r[i]) : r[i] * by;
}

/* ---- Blocks ------------------------------------------------------------------------------------- */

static uint64_t all_bits(const uint64_t *r, size_t n)
{
  uint64_t bits = 0;
  for (size_t i = 0; i < n; i++)
    bits |= r[i];
  return bits;
}

static size_t block_length(size_t n, size_t from)
{
  return n - from < BLOCK ? n - from : BLOCK;
}

/* Words of a block of n numbers of this width. */
static size_t block_words(size_t n, unsigned width)
{
  size_t rows = (n + LANES - 1) / LANES;
  return (rows * width + 63) / 64 * LANES;
}

/* Number i goes to lane i % LANES; the words of the lanes lie side by side. Reads whole rows: up to LANES - 1 numbers more, which are 0. */
static void pack(const uint64_t *r, size_t n, unsigned width, uint64_t *words)
{
  memset(words, 0, block_words(n, width) * sizeof *words);
  for (size_t i = 0, bit = 0; i < n; i += LANES, bit += width) {
    uint64_t *w = words + bit / 64 * LANES;
    unsigned shift = bit % 64;
    for (unsigned lane = 0; lane < LANES; lane++)
      w[lane] |= r[i + lane] << shift;
    if (shift + width > 64)
      for (unsigned lane = 0; lane < LANES; lane++)
        w[LANES + lane] = r[i + lane] >> (64 - shift);
  }
}

/* Writes whole rows, that is up to LANES - 1 numbers more. */
static void unpack(const uint64_t *words, size_t n, unsigned width, uint64_t *r)
{
  uint64_t mask = width ? ~UINT64_C(0) >> (64 - width) : 0;
  for (size_t i = 0, bit = 0; i < n; i += LANES, bit += width) {
    const uint64_t *w = words + bit / 64 * LANES;
    unsigned shift = bit % 64;
    if (shift + width <= 64)
      for (unsigned lane = 0; lane < LANES; lane++)
        r[i + lane] = w[lane] >> shift & mask;
    else
      for (unsigned lane = 0; lane < LANES; lane++)
        r[i + lane] = (w[lane] >> shift | w[LANES + lane] << (64 - shift)) & mask;
  }
}

/* The width that makes a block shortest, with the numbers that are wider apart as exceptions; *exceptions: how many these are. */
static unsigned choose_width(const uint64_t *r, size_t n, size_t *exceptions)
{
  uint16_t with_bits[65] = {0};
  for (size_t i = 0; i < n; i++)
    with_bits[bits_of(r[i])]++;
  unsigned width = 64;
  while (width && !with_bits[width])
    width--;
  unsigned best = width;
  size_t wider = 0, extra = 0, least = block_words(n, width) * 8;
  *exceptions = 0;
  for (; width; width--) {
    wider += with_bits[width];
    extra += with_bits[width] * (1 + (width + 6) / 7); /* a place and a varint */
    size_t bytes = block_words(n, width - 1) * 8 + extra;
    if (bytes < least) {
      least = bytes;
      best = width - 1;
      *exceptions = wider;
    }
  }
  return best;
}

/* Appends the exceptions of a block and leaves 0 in their places. */
static void write_exceptions(uint64_t *r, size_t n, unsigned width, pl_buf *out)
{
  for (size_t i = 0; i < n; i++)
    if (bits_of(r[i]) > width) {
      (void)pl_buf_addc(out, (char)i);
      pl_wire_put_varint(out, r[i]);
      r[i] = 0;
    }
}

static int write_blocks(uint64_t *r, size_t n, pl_buf *out)
{
  for (size_t from = 0; from < n; from += BLOCK) {
    size_t exceptions, len = block_length(n, from);
    unsigned width = choose_width(r + from, len, &exceptions);
    (void)pl_buf_addc(out, (char)(width << 1 | (exceptions != 0)));
    if (exceptions) {
      pl_wire_put_varint(out, exceptions);
      write_exceptions(r + from, len, width, out);
    }
    uint64_t words[BLOCK];
    size_t count = block_words(len, width);
    pack(r + from, len, width, words);
    for (size_t i = 0; i < count; i++)
      words[i] = htole64(words[i]);
    (void)pl_buf_add(out, words, count * sizeof *words);
  }
  return out->bad;
}

typedef struct exception {
  uint8_t place;
  uint64_t residual;
} exception;

/* Takes the exceptions of a block of n numbers; returns how many, or a code. */
static int read_exceptions(pl_str *rest, size_t n, exception *e)
{
  uint64_t count;
  if (!pl_wire_varint(rest, &count) || count > n)
    return PL_ECORRUPT;
  for (size_t i = 0; i < count; i++) {
    if (rest->len == 0 || (unsigned char)rest->data[0] >= n)
      return PL_ECORRUPT;
    e[i].place = (uint8_t)rest->data[0];
    *rest = (pl_str){rest->data + 1, rest->len - 1};
    if (!pl_wire_varint(rest, &e[i].residual))
      return PL_ECORRUPT;
  }
  return (int)count;
}

static int read_block(pl_str *rest, uint64_t *r, size_t n)
{
  uint64_t words[BLOCK];
  exception exceptions[BLOCK];
  if (rest->len == 0 || (unsigned char)rest->data[0] >> 1 > 64)
    return PL_ECORRUPT;
  unsigned head = (unsigned char)rest->data[0], width = head >> 1;
  *rest = (pl_str){rest->data + 1, rest->len - 1};
  int n_exceptions = head & 1 ? read_exceptions(rest, n, exceptions) : 0;
  size_t count = block_words(n, width), bytes = count * sizeof *words;
  if (n_exceptions < 0 || rest->len < bytes)
    return PL_ECORRUPT;
  memcpy(words, rest->data, bytes);
  *rest = (pl_str){rest->data + bytes, rest->len - bytes};
  for (size_t i = 0; i < count; i++)
    words[i] = le64toh(words[i]);
  unpack(words, n, width, r);
  for (int i = 0; i < n_exceptions; i++)
    r[exceptions[i].place] = exceptions[i].residual;
  return PL_OK;
}

static int read_blocks(pl_str *rest, uint64_t *r, size_t n)
{
  int code = PL_OK;
  for (size_t from = 0; from < n && !code; from += BLOCK)
    code = read_block(rest, r + from, block_length(n, from));
  return code;
}

/* ---- Planes ------------------------------------------------------------------------------------- */

static int write_planes(pl_codec *c, size_t n, pl_buf *out)
{
  unsigned planes = (bits_of(all_bits(c->residuals, n)) + 7) / 8;
  int code = pl_buf_addc(out, (char)planes);
  for (unsigned p = 0; p < planes && !code; p++) {
    for (size_t i = 0; i < n; i++)
      c->plane[i] = (uint8_t)(c->residuals[i] >> (8 * p));
    code = pl_codec_press(c, c->plane, n, out);
  }
  return code;
}

static int read_planes(pl_codec *c, pl_str *rest, size_t n)
{
  if (rest->len == 0 || (unsigned char)rest->data[0] > 8)
    return PL_ECORRUPT;
  unsigned planes = (unsigned char)rest->data[0];
  *rest = (pl_str){rest->data + 1, rest->len - 1};
  memset(c->residuals, 0, n * sizeof c->residuals[0]);
  for (unsigned p = 0; p < planes; p++) {
    int code = pl_codec_expand(c, rest, c->plane, n);
    if (code)
      return code;
    for (size_t i = 0; i < n; i++)
      c->residuals[i] |= (uint64_t)c->plane[i] << (8 * p);
  }
  return PL_OK;
}

/* ---- Columns ------------------------------------------------------------------------------------ */

static int write_order(pl_codec *c, const int64_t *v, size_t n, unsigned order, enum pl_chunk_effort effort, pl_buf *out)
{
  column_base b = make_residuals(v, n, order, c->residuals);
  uint64_t by = divisor(c->residuals, n, order);
  unsigned form = by == 0 ? FORM_CONSTANT : effort == PL_CHUNK_SEALED ? FORM_PLANES : FORM_PACKED;
  if (by > 1)
    divide(c->residuals, n, order, by);
  (void)pl_buf_addc(out, (char)(order | form | (by > 1 ? DIVIDED : 0)));
  pl_wire_put_varint(out, zigzag(b.first));
  if (order == 2)
    pl_wire_put_varint(out, zigzag(b.step));
  if (by > 1)
    pl_wire_put_varint(out, by);
  if (out->bad || form == FORM_CONSTANT)
    return out->bad;
  return form == FORM_PLANES ? write_planes(c, n, out) : write_blocks(c->residuals, n, out);
}

/* About the bits that residuals take, by the first quarter of each block: of the numbers, not of their block, for few that are wide
 * become exceptions. */
static inline size_t quarter_bits(const int64_t *v, size_t n, unsigned order, column_base b)
{
  size_t bits = 0;
  for (size_t from = 0; from < n; from += BLOCK) {
    size_t to = from + (block_length(n, from) + 3) / 4;
    for (size_t i = from < order ? order : from; i < to; i++)
      bits += bits_of(residual(v, i, order, b));
  }
  return bits;
}

/* The order whose residuals are narrowest. */
static unsigned narrowest(const int64_t *v, size_t n)
{
  column_base none = {0, 0};
  size_t second = quarter_bits(v, n, 2, none), first = second ? quarter_bits(v, n, 1, none) : 0;
  if (second == 0)
    return 2;
  size_t zeroth = first ? quarter_bits(v, n, 0, base_of(v, n, 0)) : 1;
  return zeroth <= first && zeroth <= second ? 0 : first <= second ? 1 : 2;
}

int pl_column_write(pl_codec *c, const int64_t *numbers, size_t n, enum pl_chunk_effort effort, pl_buf *out)
{
  if (effort == PL_CHUNK_PACKED)
    return write_order(c, numbers, n, narrowest(numbers, n), effort, out);
  pl_buf *draft = &c->drafts[PL_DRAFT_COLUMN];
  size_t start = out->len;
  for (unsigned order = 0; order < ORDERS; order++) {
    pl_buf_clear(draft);
    int code = write_order(c, numbers, n, order, effort, draft);
    if (!code && (order == 0 || draft->len < out->len - start)) {
      out->len = start;
      code = pl_buf_add(out, draft->data, draft->len);
    }
    if (code)
      return code;
  }
  return PL_OK;
}

/* Takes what stands before the residuals. */
static bool read_head(pl_str *rest, unsigned *head, column_base *b, uint64_t *by)
{
  if (rest->len == 0)
    return false;
  *head = (unsigned char)rest->data[0];
  *rest = (pl_str){rest->data + 1, rest->len - 1};
  uint64_t first, step = 0;
  bool good = (*head & ORDER_MASK) < ORDERS && pl_wire_varint(rest, &first) &&
              ((*head & ORDER_MASK) != 2 || pl_wire_varint(rest, &step)) && (!(*head & DIVIDED) || pl_wire_varint(rest, by));
  if (good)
    *b = (column_base){unzigzag(first), unzigzag(step)};
  return good;
}

int pl_column_read(pl_codec *c, pl_str *rest, int64_t *numbers, size_t n)
{
  unsigned head;
  column_base b;
  uint64_t by = 1;
  if (!read_head(rest, &head, &b, &by))
    return PL_ECORRUPT;
  unsigned order = head & ORDER_MASK;
  int code = PL_OK;
  switch (head & ~(unsigned)(ORDER_MASK | DIVIDED)) {
  case FORM_CONSTANT:
    memset(c->residuals, 0, n * sizeof c->residuals[0]);
    break;
  case FORM_PACKED:
    code = read_blocks(rest, c->residuals, n);
    break;
  case FORM_PLANES:
    code = read_planes(c, rest, n);
    break;
  default:
    code = PL_ECORRUPT;
  }
  if (code)
    return code;
  if (by != 1)
    multiply(c->residuals, n, order, by);
  restore(numbers, n, order, b, c->residuals);
  return PL_OK;
}
