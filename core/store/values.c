/* Three forms, of which the shortest is kept:
 * - decimals: whole numbers q and a power p, so that q / 10^p is the value, or some units in the last place beside it, as sums of
 *   decimals are; what is no such number (NaN, infinities, -0) stands apart with its place;
 * - bits: each value's bits, those of the value before taken off by exclusive or;
 * - a dictionary: the values that occur in ascending order, in one of the forms above, and which of them each one is. */
#include "store/values.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "format/protobuf_wire.h"
#include "perilune/error.h"
#include "store/column.h"

enum values_form { FORM_DECIMALS, FORM_BITS, FORM_DICTIONARY };

enum {
  POWERS = 16,
  TRIED = 32,           /* values by which a power is chosen */
  PROBED = 256,         /* of a chunk of so many, a quarter tells whether values occur again */
  DIGIT = 256,          /* of numbers that are sorted */
  EXCEPTIONS_SHARE = 8, /* of the values may be no decimals */
  ULPS_MAX = 64,        /* units in the last place that a decimal may be beside its value */
};

static const double power_of_ten[POWERS] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

static int64_t bits_of(double v)
{
  int64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

static double of_bits(int64_t bits)
{
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/* ---- Decimals ----------------------------------------------------------------------------------- */

#define WHOLE_MAX 0x1p50 /* so that WHOLE_SHIFT rounds, which compilers make vectors of, and rint is none */
#define WHOLE_SHIFT 0x1.8p52
#define WHOLE_SURE (UINT64_C(1) << 49)

/* The decimal q next to v, and the units in the last place between q / power and v. */
static inline int64_t decimal_of(double v, double power, int64_t *ulps)
{
  double scaled = v * power;
  double q = (scaled + WHOLE_SHIFT) - WHOLE_SHIFT;
  *ulps = (int64_t)((uint64_t)bits_of(v) - (uint64_t)bits_of(q / power));
  return (int64_t)((uint64_t)bits_of(scaled + WHOLE_SHIFT) - (uint64_t)bits_of(WHOLE_SHIFT));
}

/* False for what is not finite, or too large, or not near to any decimal. */
static inline bool is_decimal(int64_t q, int64_t ulps)
{
  return q < (int64_t)WHOLE_MAX && q > -(int64_t)WHOLE_MAX && ulps <= ULPS_MAX && ulps >= -ULPS_MAX;
}

/* How many of some of the values are no decimals of this power. */
static size_t misfits(const double *v, size_t n, double power)
{
  size_t count = 0, step = n / TRIED + 1;
  for (size_t i = 0; i < n; i += step) {
    int64_t ulps, q = decimal_of(v[i], power, &ulps);
    count += !is_decimal(q, ulps);
  }
  return count;
}

/* The least power of which the most values are decimals. */
static unsigned choose_power(const double *v, size_t n)
{
  size_t least = SIZE_MAX;
  unsigned best = 0;
  for (unsigned power = 0; power < POWERS && least; power++) {
    size_t count = misfits(v, n, power_of_ten[power]);
    if (count < least) {
      least = count;
      best = power;
    }
  }
  return best;
}

/* Makes c->numbers and c->ulps of v; whether all are decimals for sure: the limits that this looks at are powers of two, which a vector can. */
static bool make_decimals(pl_codec *c, const double *v, size_t n, double power)
{
  uint64_t beyond = 0;
  for (size_t i = 0; i < n; i++) {
    c->numbers[i] = decimal_of(v[i], power, &c->ulps[i]);
    beyond |= ((uint64_t)c->numbers[i] + WHOLE_SURE) / (2 * WHOLE_SURE) | ((uint64_t)c->ulps[i] + ULPS_MAX) / (2 * ULPS_MAX);
  }
  return beyond == 0;
}

/* Takes out what is no decimal, the number before in its place; the number of these, or SIZE_MAX where they are more than max. */
static size_t take_exceptions(pl_codec *c, const double *v, size_t n, size_t max)
{
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    if (is_decimal(c->numbers[i], c->ulps[i]))
      continue;
    if (count == max)
      return SIZE_MAX;
    c->places[count] = (int64_t)i;
    c->bits[count++] = bits_of(v[i]);
    c->numbers[i] = i ? c->numbers[i - 1] : 0;
    c->ulps[i] = 0;
  }
  return count;
}

/* PL_EINVAL: they are no decimals. */
static int write_decimals(pl_codec *c, const double *v, size_t n, enum pl_chunk_effort effort, pl_buf *out)
{
  size_t exceptions = SIZE_MAX;
  unsigned power = choose_power(v, n);
  for (; power < POWERS && exceptions == SIZE_MAX; power++) {
    bool sure = make_decimals(c, v, n, power_of_ten[power]);
    exceptions = sure ? 0 : take_exceptions(c, v, n, n / EXCEPTIONS_SHARE);
  }
  if (exceptions == SIZE_MAX)
    return PL_EINVAL;
  power--;
  (void)pl_buf_addc(out, FORM_DECIMALS);
  (void)pl_buf_addc(out, (char)power);
  pl_wire_put_varint(out, exceptions);
  int code = pl_column_write(c, c->numbers, n, effort, out);
  if (!code)
    code = pl_column_write(c, c->ulps, n, effort, out);
  if (!code && exceptions)
    code = pl_column_write(c, c->places, exceptions, effort, out);
  if (!code && exceptions)
    code = pl_column_write(c, c->bits, exceptions, effort, out);
  return code;
}

static bool all_zero(const int64_t *v, size_t n)
{
  int64_t bits = 0;
  for (size_t i = 0; i < n; i++)
    bits |= v[i];
  return bits == 0;
}

static int read_exceptions(pl_codec *c, pl_str *rest, double *v, size_t n, size_t count)
{
  int code = pl_column_read(c, rest, c->places, count);
  if (!code)
    code = pl_column_read(c, rest, c->bits, count);
  for (size_t i = 0; i < count && !code; i++) {
    if ((uint64_t)c->places[i] >= n)
      return PL_ECORRUPT;
    v[c->places[i]] = of_bits(c->bits[i]);
  }
  return code;
}

static int read_decimals(pl_codec *c, pl_str *rest, double *v, size_t n)
{
  uint64_t exceptions;
  if (rest->len == 0 || (unsigned char)rest->data[0] >= POWERS)
    return PL_ECORRUPT;
  double power = power_of_ten[(unsigned char)rest->data[0]];
  *rest = (pl_str){rest->data + 1, rest->len - 1};
  if (!pl_wire_varint(rest, &exceptions) || exceptions > n)
    return PL_ECORRUPT;
  int code = pl_column_read(c, rest, c->numbers, n);
  if (!code)
    code = pl_column_read(c, rest, c->ulps, n);
  if (code)
    return code;
  for (size_t i = 0; i < n; i++)
    v[i] = (double)c->numbers[i] / power;
  if (!all_zero(c->ulps, n))
    for (size_t i = 0; i < n; i++)
      v[i] = of_bits((int64_t)((uint64_t)bits_of(v[i]) + (uint64_t)c->ulps[i]));
  return exceptions ? read_exceptions(c, rest, v, n, (size_t)exceptions) : PL_OK;
}

/* ---- Bits --------------------------------------------------------------------------------------- */

/* Whether numbers are worth a try beside what has so many bytes. */
static bool may_be_shorter(pl_codec *c, size_t n, size_t bytes, enum pl_chunk_effort effort)
{
  return effort == PL_CHUNK_PACKED || pl_column_guess(c, c->numbers, n) < bytes + bytes / 16;
}

/* PL_EINVAL: they would hardly be shorter than `most` bytes. */
static int write_bits(pl_codec *c, const double *v, size_t n, size_t most, enum pl_chunk_effort effort, pl_buf *out)
{
  for (size_t i = 1; i < n; i++)
    c->numbers[i] = bits_of(v[i]) ^ bits_of(v[i - 1]);
  c->numbers[0] = 0;
  if (most < SIZE_MAX && !may_be_shorter(c, n, most, effort))
    return PL_EINVAL;
  (void)pl_buf_addc(out, FORM_BITS);
  pl_wire_put_fixed(out, 8, (uint64_t)bits_of(v[0]));
  return pl_column_write(c, c->numbers, n, effort, out);
}

static int read_bits(pl_codec *c, pl_str *rest, double *v, size_t n)
{
  uint64_t first;
  if (!pl_wire_fixed(rest, 8, &first))
    return PL_ECORRUPT;
  int code = pl_column_read(c, rest, c->numbers, n);
  int64_t bits = (int64_t)first;
  for (size_t i = 0; i < n && !code; i++)
    v[i] = of_bits(bits ^= c->numbers[i]);
  return code;
}

/* ---- Dictionary --------------------------------------------------------------------------------- */

/* Empties a table for up to max values; the logarithm of its slots, which are more than twice as many. */
static unsigned clear_slots(pl_codec *c, size_t max)
{
  unsigned log = 2;
  while ((size_t)1 << log <= 2 * max)
    log++;
  static_assert(sizeof c->slots / sizeof c->slots[0] > PL_CHUNK_MAX, "room for half a chunk's values");
  memset(c->slots, 0, sizeof c->slots[0] << log);
  return log;
}

/* The slot of v in the table: its own, or the empty one where it would stand. */
static uint16_t *slot_of(pl_codec *c, unsigned log, double v)
{
  uint64_t bits = (uint64_t)bits_of(v);
  size_t at = (bits ^ bits >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - log);
  while (c->slots[at] && bits_of(c->distinct[c->slots[at] - 1]) != (int64_t)bits)
    at = (at + 1) & (((size_t)1 << log) - 1);
  return &c->slots[at];
}

/* Fills c->distinct; the number of values that occur, or SIZE_MAX where they are more than max. When it is packed, that is believed where
 * hardly any of the first ones occurs again. */
static size_t find_distinct(pl_codec *c, const double *v, size_t n, size_t max, enum pl_chunk_effort effort)
{
  size_t count = 0, probe = effort == PL_CHUNK_PACKED && n >= PROBED ? n / 4 : n;
  unsigned log = clear_slots(c, max);
  for (size_t i = 0; i < n; i++) {
    if (i == probe && i - count <= i / 32)
      return SIZE_MAX;
    uint16_t *slot = slot_of(c, log, v[i]);
    if (*slot)
      continue;
    if (count == max)
      return SIZE_MAX;
    c->distinct[count++] = v[i];
    *slot = (uint16_t)count;
  }
  return count;
}

/* A number in whose order the values ascend, NaN beyond the infinity of its sign; and back. */
static int64_t rank_of(double v)
{
  int64_t bits = bits_of(v);
  return bits ^ ((bits >> 63) & INT64_MAX);
}

static double of_rank(int64_t rank)
{
  return of_bits(rank ^ ((rank >> 63) & INT64_MAX));
}

/* Sorts c->distinct by rank: byte by byte, and only by those in which ranks differ. */
static void sort_distinct(pl_codec *c, size_t count)
{
  int64_t *ranks = c->numbers, *sorted = c->bits, differ = 0;
  for (size_t i = 0; i < count; i++) {
    ranks[i] = rank_of(c->distinct[i]) ^ INT64_MIN;
    differ |= ranks[i] ^ ranks[0];
  }
  for (unsigned shift = 0; shift < 64; shift += 8) {
    uint16_t places[DIGIT] = {0}, place = 0;
    if (((uint64_t)differ >> shift) % DIGIT == 0)
      continue;
    for (size_t i = 0; i < count; i++)
      places[((uint64_t)ranks[i] >> shift) % DIGIT]++;
    for (unsigned digit = 0; digit < DIGIT; digit++) {
      uint16_t n = places[digit];
      places[digit] = place;
      place = (uint16_t)(place + n);
    }
    for (size_t i = 0; i < count; i++)
      sorted[places[((uint64_t)ranks[i] >> shift) % DIGIT]++] = ranks[i];
    int64_t *spare = ranks;
    ranks = sorted;
    sorted = spare;
  }
  for (size_t i = 0; i < count; i++)
    c->distinct[i] = of_rank(ranks[i] ^ INT64_MIN);
}

static int write_numbers(pl_codec *c, const double *v, size_t n, enum pl_chunk_effort effort, pl_buf *out);

/* The most values with which a dictionary of n can take fewer than bytes: packed, an index needs the bits of their number, and each of
 * them at least a byte. What the last stage makes of it only a try can tell. */
static size_t most_distinct(size_t n, size_t bytes, enum pl_chunk_effort effort)
{
  size_t count = n / 2, bits = 1;
  if (effort == PL_CHUNK_SEALED)
    return count;
  while (((size_t)1 << (bits + 1)) + n * (bits + 1) / 8 < bytes)
    bits++;
  size_t most = (size_t)1 << bits;
  return most < count ? most : count;
}

/* The places of values among the distinct ones, whose slots are set, into c->numbers. */
static void find_indexes(pl_codec *c, unsigned log, const double *v, size_t n)
{
  for (size_t i = 0; i < n; i++)
    c->numbers[i] = *slot_of(c, log, v[i]) - 1;
}

/* Beside what has so many bytes. PL_EINVAL: it would hardly be shorter; more than max values occur, or one. */
static int write_dictionary(pl_codec *c, const double *v, size_t n, size_t bytes, enum pl_chunk_effort effort, pl_buf *out)
{
  size_t count = find_distinct(c, v, n, most_distinct(n, bytes, effort), effort);
  if (count == SIZE_MAX || count < 2)
    return PL_EINVAL;
  sort_distinct(c, count);
  unsigned log = clear_slots(c, count);
  for (size_t i = 0; i < count; i++)
    *slot_of(c, log, c->distinct[i]) = (uint16_t)(i + 1);
  find_indexes(c, log, v, n);
  if (effort == PL_CHUNK_SEALED && pl_column_guess(c, c->numbers, n) >= bytes)
    return PL_EINVAL;
  (void)pl_buf_addc(out, FORM_DICTIONARY);
  pl_wire_put_varint(out, count);
  int code = write_numbers(c, c->distinct, count, effort, out);
  if (code)
    return code;
  find_indexes(c, log, v, n);
  return pl_column_write(c, c->numbers, n, effort, out);
}

static int read_form(pl_codec *c, pl_str *rest, double *v, size_t n, bool within_dictionary);

static int read_dictionary(pl_codec *c, pl_str *rest, double *v, size_t n)
{
  uint64_t count;
  if (!pl_wire_varint(rest, &count) || count == 0 || count > n)
    return PL_ECORRUPT;
  int code = read_form(c, rest, c->distinct, (size_t)count, true);
  if (!code)
    code = pl_column_read(c, rest, c->numbers, n);
  for (size_t i = 0; i < n && !code; i++) {
    if ((uint64_t)c->numbers[i] >= count)
      return PL_ECORRUPT;
    v[i] = c->distinct[c->numbers[i]];
  }
  return code;
}

/* ---- Values ------------------------------------------------------------------------------------- */

/* Decimals where they are some, else bits; when it is sealed, the shorter. */
static int write_numbers(pl_codec *c, const double *v, size_t n, enum pl_chunk_effort effort, pl_buf *out)
{
  size_t start = out->len;
  int code = write_decimals(c, v, n, effort, out);
  bool settled = !code && effort == PL_CHUNK_PACKED;
  if (settled || (code && code != PL_EINVAL))
    return code;
  if (code)
    return write_bits(c, v, n, SIZE_MAX, effort, out);
  pl_buf *draft = &c->drafts[PL_DRAFT_BITS];
  pl_buf_clear(draft);
  code = write_bits(c, v, n, out->len - start, effort, draft);
  if (code || draft->len >= out->len - start)
    return code == PL_EINVAL ? PL_OK : code;
  out->len = start;
  return pl_buf_add(out, draft->data, draft->len);
}

int pl_values_write(pl_codec *c, const double *values, size_t n, enum pl_chunk_effort effort, pl_buf *out)
{
  size_t start = out->len;
  int code = write_numbers(c, values, n, effort, out);
  if (code)
    return code;
  pl_buf *draft = &c->drafts[PL_DRAFT_DICTIONARY];
  pl_buf_clear(draft);
  code = write_dictionary(c, values, n, out->len - start, effort, draft);
  if (code || draft->len >= out->len - start)
    return code == PL_EINVAL ? PL_OK : code;
  out->len = start;
  return pl_buf_add(out, draft->data, draft->len);
}

static int read_form(pl_codec *c, pl_str *rest, double *v, size_t n, bool within_dictionary)
{
  if (rest->len == 0)
    return PL_ECORRUPT;
  unsigned char form = (unsigned char)rest->data[0];
  *rest = (pl_str){rest->data + 1, rest->len - 1};
  switch (form) {
  case FORM_DECIMALS:
    return read_decimals(c, rest, v, n);
  case FORM_BITS:
    return read_bits(c, rest, v, n);
  case FORM_DICTIONARY:
    return within_dictionary ? PL_ECORRUPT : read_dictionary(c, rest, v, n);
  default:
    return PL_ECORRUPT;
  }
}

int pl_values_read(pl_codec *c, pl_str *rest, double *values, size_t n)
{
  return read_form(c, rest, values, n, false);
}
