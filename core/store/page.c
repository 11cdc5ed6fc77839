/* A flipped bit is found by what it makes of the sums, without a search: by Adler-32 of the page's data, by the CRC of the seal's own bytes. The
 * other one confirms it. A page that another program has written costs both sums each time it is read, and no more. */
#include "store/page.h"

#include <string.h>

#include "format/crc32.h"
#include "format/deflate.h"

#define POLYNOMIAL 0xedb88320U /* of CRC-32, the lowest bit first */
#define PRIME 65521U           /* of Adler-32 */

enum { NUMBER = 12, ADLER = 8, CRC = 4, RESERVED_AT = 20, SIZE_AT = 16, SIZE_LEAST = 512 }; /* bytes from the end; of a header */

static const char magic[] = "SQLite format 3"; /* with its zero */

static void put(uint8_t *to, uint32_t v)
{
  for (int i = 0; i < 4; i++)
    to[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get(const uint8_t *from)
{
  uint32_t v = 0;
  for (int i = 0; i < 4; i++)
    v |= (uint32_t)from[i] << 8 * i;
  return v;
}

static uint32_t crc_of(const uint8_t *page, size_t size)
{
  return pl_crc32((pl_str){(const char *)page, size - CRC});
}

static uint32_t adler_of(const uint8_t *page, size_t size)
{
  return pl_adler32((pl_str){(const char *)page, size - PL_PAGE_SEAL});
}

void pl_page_seal(uint8_t *page, size_t size, uint32_t number)
{
  put(page + size - NUMBER, number);
  put(page + size - ADLER, adler_of(page, size));
  put(page + size - CRC, crc_of(page, size));
}

/* The only bit of these bytes that is set. False: none is, or several. */
static bool only_bit(const uint8_t *bytes, size_t n, size_t *bit)
{
  size_t found = 0;
  for (size_t i = 0; i < n; i++) {
    for (unsigned byte = bytes[i], at = 0; byte; byte >>= 1, at++) {
      if (byte & 1) {
        *bit = 8 * i + at;
        found++;
      }
    }
  }
  return found == 1;
}

/* The bit of the seal's number or Adler-32, whose bytes the CRC closes, that makes this difference of the CRC; or the CRC's own. */
static bool bit_of_seal(uint32_t difference, size_t size, size_t *bit)
{
  uint8_t bytes[4];
  put(bytes, difference);
  if (only_bit(bytes, sizeof bytes, bit)) {
    *bit += 8 * (size - CRC);
    return true;
  }
  uint32_t made = 1;
  for (size_t from_end = 1; from_end <= 8 * (NUMBER - CRC); from_end++) {
    made = made >> 1 ^ (made & 1 ? POLYNOMIAL : 0);
    if (made == difference) {
      size_t behind = (from_end - 1) / 8;
      *bit = 8 * (size - CRC - 1 - behind) + 8 * (behind + 1) - from_end;
      return true;
    }
  }
  return false;
}

/* From a byte k places before the seal, one bit more or less makes a difference of d = +-2^b in the lower half of Adler-32, and of k d in the
 * upper one, modulo PRIME: so both halves together name the bit. False: no single bit makes these. */
static bool bit_of_data(uint32_t was, uint32_t is, size_t n, size_t *k, unsigned *b)
{
  uint32_t low = ((was & 0xffff) + PRIME - (is & 0xffff)) % PRIME, high = ((was >> 16) + PRIME - (is >> 16)) % PRIME;
  bool less = low > PRIME / 2;
  uint32_t step = less ? PRIME - low : low;
  if (step == 0 || step > 128 || (step & (step - 1)) != 0)
    return false;
  for (*b = 0; step > 1; step /= 2, ++*b)
    high = high % 2 ? (high + PRIME) / 2 : high / 2;
  high = less ? PRIME - high : high;
  *k = high % PRIME ? high % PRIME : PRIME;
  return *k <= n;
}

static bool is_sealed(const uint8_t *page, size_t size, uint32_t number)
{
  return get(page + size - NUMBER) == number && get(page + size - CRC) == crc_of(page, size);
}

static void flip(uint8_t *page, size_t bit)
{
  page[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static bool is_empty(const uint8_t *bytes, size_t n)
{
  return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* Flips this bit, and back unless both sums say that it was the one. */
static bool try_bit(uint8_t *page, size_t size, uint32_t number, size_t at, size_t *bit)
{
  flip(page, at);
  if (is_sealed(page, size, number) && get(page + size - ADLER) == adler_of(page, size)) {
    *bit = at;
    return true;
  }
  flip(page, at);
  return false;
}

static bool mend_seal(uint8_t *page, size_t size, uint32_t number, uint32_t crc, size_t *bit)
{
  size_t at;
  return bit_of_seal(get(page + size - CRC) ^ crc, size, &at) && try_bit(page, size, number, at, bit);
}

static bool mend_data(uint8_t *page, size_t size, uint32_t number, size_t *bit)
{
  size_t n = size - PL_PAGE_SEAL, k;
  unsigned b;
  if (!bit_of_data(get(page + size - ADLER), adler_of(page, size), n, &k, &b))
    return false;
  if (try_bit(page, size, number, 8 * (n - k) + b, bit))
    return true;
  return k + PRIME <= n && try_bit(page, size, number, 8 * (n - k - PRIME) + b, bit); /* the largest pages are longer than the prime */
}

enum pl_page_state pl_page_mend(uint8_t *page, size_t size, uint32_t number, size_t *bit)
{
  uint32_t crc = crc_of(page, size);
  if ((get(page + size - NUMBER) == number && get(page + size - CRC) == crc) || is_empty(page, size))
    return PL_PAGE_WHOLE;
  if (only_bit(page, size, bit)) {
    flip(page, *bit);
    return PL_PAGE_FLIPPED;
  }
  if (is_empty(page + size - PL_PAGE_SEAL, PL_PAGE_SEAL))
    return PL_PAGE_UNSEALED;
  return mend_seal(page, size, number, crc, bit) || mend_data(page, size, number, bit) ? PL_PAGE_FLIPPED : PL_PAGE_OTHER;
}

bool pl_page_header(const uint8_t *header, size_t *size)
{
  size_t said = (size_t)header[SIZE_AT] << 8 | header[SIZE_AT + 1], left = header[RESERVED_AT];
  said = said == 1 ? PL_PAGE_MAX : said;
  bool valid = said >= SIZE_LEAST && (said & (said - 1)) == 0 && (left == 0 || left == PL_PAGE_SEAL);
  if (!valid || memcmp(header, magic, sizeof magic) != 0)
    return false;
  *size = left ? said : 0;
  return true;
}

size_t pl_page_size(uint8_t *first, size_t len)
{
  size_t bit, said;
  if (len < PL_PAGE_HEAD)
    return 0;
  if (pl_page_header(first, &said))
    return said;
  for (size_t size = SIZE_LEAST; size <= len && size <= PL_PAGE_MAX; size *= 2) {
    if (pl_page_mend(first, size, 1, &bit) == PL_PAGE_FLIPPED)
      return size;
  }
  return 0;
}
