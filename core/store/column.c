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
  WIDTHS = 65,
};

/* The first byte of a column. */
enum { ORDER_MASK = 3, FORM_CONSTANT = 0 << 2, FORM_PACKED = 1 << 2, FORM_PLANES = 2 << 2, DIVIDED = 1 << 4 };

static inline unsigned bits_of(uint64_t v)
{
  return 64 - (unsigned)__builtin_clzll(v | 1) - (v == 0);
}

/* The same of v < 2^63, in half the instructions. */
static inline unsigned bits_below_63(uint64_t v)
{
  return 63 - (unsigned)__builtin_clzll(v << 1 | 1);
}

static uint64_t all_bits(const uint64_t *r, size_t n)
{
  uint64_t bits = 0;
  for (size_t i = 0; i < n; i++)
    bits |= r[i];
  return bits;
}

/* The least of n numbers, n > 0: in lanes, for one would wait for the number before. */
static int64_t least_of(const int64_t *v, size_t n)
{
  int64_t least[LANES] = {v[0], v[0], v[0], v[0]};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      least[lane] = v[i + lane] < least[lane] ? v[i + lane] : least[lane];
  for (; i < n; i++)
    least[0] = v[i] < least[0] ? v[i] : least[0];
  for (size_t lane = 1; lane < LANES; lane++)
    least[0] = least[lane] < least[0] ? least[lane] : least[0];
  return least[0];
}

/* ---- Residuals ---------------------------------------------------------------------------------- */

/* What numbers begin with: the least one (order 0), or the first one and the first difference. */
typedef struct column_base {
  uint64_t first, step;
} column_base;

static column_base base_of(const int64_t *v, size_t n, unsigned order)
{
  column_base b = {(uint64_t)(order == 0 ? least_of(v, n) : v[0]), 0};
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
  return pl_wire_zigzag(order == 1 ? d : d - ((uint64_t)v[i - 1] - (uint64_t)v[i - 2]));
}

static inline uint64_t fill(const int64_t *v, size_t n, unsigned order, column_base b, uint64_t *r)
{
  uint64_t bits = 0;
  for (size_t i = 0; i < order && i < n; i++)
    r[i] = 0;
  for (size_t i = order; i < n; i++)
    bits |= r[i] = residual(v, i, order, b);
  return bits;
}

/* All bits that residuals have. One loop for each order, which the compiler makes of the same few lines. */
static uint64_t make_residuals(const int64_t *v, size_t n, unsigned order, column_base b, uint64_t *r)
{
  for (size_t i = n; i % LANES; i++)
    r[i] = 0; /* whole rows are packed */
  return order == 0 ? fill(v, n, 0, b, r) : order == 1 ? fill(v, n, 1, b, r) : fill(v, n, 2, b, r);
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
      v[i] = (int64_t)(x += pl_wire_unzigzag(r[i]));
    return;
  }
  for (size_t i = 1; i < n; i++)
    v[i] = (int64_t)(x += d += pl_wire_unzigzag(r[i]));
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

/* Exact division by a number as a multiplication: by the inverse, modulo 2^64, of its odd part. */
typedef struct exact {
  uint64_t inverse, most; /* most: the largest quotient */
  unsigned zeros;         /* bits below the odd part */
} exact;

static exact exact_of(uint64_t by)
{
  unsigned zeros = (unsigned)__builtin_ctzll(by);
  uint64_t odd = by >> zeros, inverse = odd * 3 ^ 2; /* right in 5 bits; each step doubles them */
  for (int i = 0; i < 4; i++)
    inverse *= 2 - odd * inverse;
  return (exact){inverse, UINT64_MAX / by, zeros};
}

/* The quotient; above e->most where there is a rest. */
static inline uint64_t quotient(const exact *e, uint64_t v)
{
  uint64_t q = v * e->inverse;
  return e->zeros ? q >> e->zeros | q << (64 - e->zeros) : q;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
  while (b) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* What divides all residuals, of which one is not 0. */
static uint64_t divisor(const uint64_t *r, size_t n, unsigned order)
{
  size_t i = 0;
  while (r[i] == 0)
    i++;
  uint64_t g = order ? size_of(r[i]) : r[i];
  exact e = exact_of(g);
  for (; i < n && g != 1; i++) {
    uint64_t a = order ? size_of(r[i]) : r[i];
    if (quotient(&e, a) <= e.most)
      continue;
    g = common_divisor(g, a);
    e = exact_of(g);
  }
  return g;
}

static void divide(uint64_t *r, size_t n, unsigned order, uint64_t by)
{
  exact e = exact_of(by);
  for (size_t i = 0; i < n; i++)
    r[i] = order ? sized(quotient(&e, size_of(r[i])), r[i]) : quotient(&e, r[i]);
}

static void multiply(uint64_t *r, size_t n, unsigned order, uint64_t by)
{
  for (size_t i = 0; i < n; i++)
    r[i] = order ? sized(size_of(r[i]) * by, r[i]) : r[i] * by;
}

/* ---- Blocks ------------------------------------------------------------------------------------- */

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

/* How many numbers have how many bits. */
static inline void count_bits(const uint64_t *r, size_t n, unsigned (*bits)(uint64_t v), uint16_t with_bits[WIDTHS])
{
  uint16_t odd[WIDTHS] = {0}; /* two, for one would wait for its last count each time */
  for (size_t i = 0; i + 1 < n; i += 2) {
    with_bits[bits(r[i])]++;
    odd[bits(r[i + 1])]++;
  }
  if (n % 2)
    with_bits[bits(r[n - 1])]++;
  for (unsigned i = 0; i < WIDTHS; i++)
    with_bits[i] = (uint16_t)(with_bits[i] + odd[i]);
}

/* The width that makes a block of numbers, which have no bits but these, shortest, with those that are wider apart as exceptions;
 * *exceptions: how many these are. */
static unsigned choose_width(const uint64_t *r, size_t n, uint64_t bits, size_t *exceptions)
{
  uint16_t with_bits[WIDTHS] = {0};
  unsigned width = bits_of(bits);
  if (width < 64)
    count_bits(r, n, bits_below_63, with_bits);
  else
    count_bits(r, n, bits_of, with_bits);
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

/* Appends the exceptions of a block, which has a width below 64, and leaves 0 in their places. */
static void write_exceptions(uint64_t *r, size_t n, unsigned width, pl_buf *out)
{
  for (size_t row = 0; row < n; row += LANES) {
    if ((r[row] | r[row + 1] | r[row + 2] | r[row + 3]) >> width == 0)
      continue;
    for (size_t i = row; i < row + LANES; i++) {
      if (r[i] >> width == 0)
        continue;
      (void)pl_buf_addc(out, (char)i);
      pl_wire_put_varint(out, r[i]);
      r[i] = 0;
    }
  }
}

static int write_blocks(uint64_t *r, size_t n, uint64_t bits, pl_buf *out)
{
  for (size_t from = 0; from < n; from += BLOCK) {
    size_t exceptions, len = block_length(n, from);
    unsigned width = choose_width(r + from, len, bits, &exceptions);
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

static void take_plane(pl_codec *c, size_t n, unsigned p)
{
  for (size_t i = 0; i < n; i++)
    c->plane[i] = (uint8_t)(c->residuals[i] >> (8 * p));
}

static int write_planes(pl_codec *c, size_t n, uint64_t bits, pl_buf *out)
{
  unsigned planes = (bits_of(bits) + 7) / 8;
  int code = pl_buf_addc(out, (char)planes);
  for (unsigned p = 0; p < planes && !code; p++) {
    take_plane(c, n, p);
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

/* Makes the residuals of an order, divided by *by; all their bits. */
static uint64_t make_divided(pl_codec *c, const int64_t *v, size_t n, unsigned order, column_base b, uint64_t *by)
{
  uint64_t bits = make_residuals(v, n, order, b, c->residuals);
  *by = bits ? divisor(c->residuals, n, order) : 1;
  if (*by == 1)
    return bits;
  divide(c->residuals, n, order, *by);
  return all_bits(c->residuals, n);
}

static int write_order(pl_codec *c, const int64_t *v, size_t n, unsigned order, enum pl_chunk_effort effort, pl_buf *out)
{
  column_base b = base_of(v, n, order);
  uint64_t by, bits = make_divided(c, v, n, order, b, &by);
  unsigned form = bits == 0 ? FORM_CONSTANT : effort == PL_CHUNK_SEALED ? FORM_PLANES : FORM_PACKED;
  (void)pl_buf_addc(out, (char)(order | form | (by > 1 ? DIVIDED : 0)));
  pl_wire_put_varint(out, pl_wire_zigzag(b.first));
  if (order == 2)
    pl_wire_put_varint(out, pl_wire_zigzag(b.step));
  if (by > 1)
    pl_wire_put_varint(out, by);
  if (out->bad || form == FORM_CONSTANT)
    return out->bad;
  return form == FORM_PLANES ? write_planes(c, n, bits, out) : write_blocks(c->residuals, n, bits, out);
}

static size_t guess_order(pl_codec *c, const int64_t *v, size_t n, unsigned order)
{
  uint64_t by, bits = make_divided(c, v, n, order, base_of(v, n, order), &by);
  unsigned planes = (bits_of(bits) + 7) / 8;
  size_t bytes = 0;
  for (unsigned p = 0; p < planes; p++) {
    take_plane(c, n, p);
    bytes += pl_codec_guess(c, c->plane, n);
  }
  return bytes;
}

/* A guess for each order, the last one first, for that is none at all of most times; the least of them. */
static unsigned guess_orders(pl_codec *c, const int64_t *v, size_t n, size_t guess[ORDERS])
{
  unsigned best = ORDERS - 1;
  for (unsigned order = ORDERS; order-- > 0;) {
    guess[order] = guess[best] == 0 && order < best ? SIZE_MAX : guess_order(c, v, n, order);
    best = guess[order] < guess[best] ? order : best;
  }
  return best;
}

/* About the bits that residuals of each order take, by the first quarter of each block: of the numbers, not of their block, for few that
 * are wide become exceptions. */
static void differences_bits(const int64_t *v, size_t n, size_t bits[ORDERS])
{
  column_base none = {0, 0};
  for (size_t from = 0; from < n; from += BLOCK) {
    size_t to = from + (block_length(n, from) + 3) / 4;
    for (size_t i = from < 2 ? 2 : from; i < to; i++) {
      bits[1] += bits_below_63(residual(v, i, 1, none));
      bits[2] += bits_below_63(residual(v, i, 2, none));
    }
  }
}

static size_t numbers_bits(const int64_t *v, size_t n)
{
  size_t bits = 0;
  column_base least = base_of(v, n, 0);
  for (size_t from = 0; from < n; from += BLOCK) {
    size_t to = from + (block_length(n, from) + 3) / 4;
    for (size_t i = from < 2 ? 2 : from; i < to; i++)
      bits += bits_of(residual(v, i, 0, least));
  }
  return bits;
}

/* The order whose residuals are narrowest. */
static unsigned narrowest(const int64_t *v, size_t n)
{
  size_t bits[ORDERS] = {0};
  differences_bits(v, n, bits);
  if (bits[2] == 0)
    return 2;
  bits[0] = bits[1] ? numbers_bits(v, n) : 1;
  return bits[0] <= bits[1] && bits[0] <= bits[2] ? 0 : bits[1] <= bits[2] ? 1 : 2;
}

static bool is_constant(const int64_t *v, size_t n)
{
  size_t i = 1;
  while (i < n && v[i] == v[0])
    i++;
  return i >= n;
}

/* Tries the order that is guessed to be shortest, and those that may be shorter. */
static int write_shortest(pl_codec *c, const int64_t *v, size_t n, pl_buf *out)
{
  pl_buf *draft = &c->drafts[PL_DRAFT_COLUMN];
  size_t start = out->len, guess[ORDERS] = {0};
  unsigned best = guess_orders(c, v, n, guess);
  int code = write_order(c, v, n, best, PL_CHUNK_SEALED, out);
  for (unsigned order = 0; order < ORDERS && !code; order++) {
    if (order == best || guess[order] > guess[best] + guess[best] / 16)
      continue;
    pl_buf_clear(draft);
    code = write_order(c, v, n, order, PL_CHUNK_SEALED, draft);
    if (!code && draft->len < out->len - start) {
      out->len = start;
      code = pl_buf_add(out, draft->data, draft->len);
    }
  }
  return code;
}

size_t pl_column_guess(pl_codec *c, const int64_t *numbers, size_t n)
{
  size_t guess[ORDERS] = {0};
  return is_constant(numbers, n) ? 0 : guess[guess_orders(c, numbers, n, guess)];
}

int pl_column_write(pl_codec *c, const int64_t *numbers, size_t n, enum pl_chunk_effort effort, pl_buf *out)
{
  if (is_constant(numbers, n)) {
    (void)pl_buf_addc(out, FORM_CONSTANT);
    pl_wire_put_varint(out, pl_wire_zigzag((uint64_t)numbers[0]));
    return out->bad;
  }
  if (effort == PL_CHUNK_PACKED)
    return write_order(c, numbers, n, narrowest(numbers, n), effort, out);
  return write_shortest(c, numbers, n, out);
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
    *b = (column_base){pl_wire_unzigzag(first), pl_wire_unzigzag(step)};
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
