/* A CRC is linear: of a page with one flipped bit it differs by what that bit alone makes of it, and no two bits of a page make the same.
 * So the difference names the bit, and Adler-32, which is another kind of sum, confirms it. */
#include "store/page.h"

#include <string.h>

#include "format/crc32.h"
#include "format/deflate.h"

#define POLYNOMIAL 0xedb88320U /* of CRC-32, the lowest bit first */

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

/* The bit of n bytes with their CRC behind them that makes this difference of it. */
static bool bit_of(uint32_t difference, size_t n, size_t *bit)
{
  uint8_t bytes[4];
  put(bytes, difference);
  if (only_bit(bytes, sizeof bytes, bit)) {
    *bit += 8 * n;
    return true;
  }
  uint32_t made = 1;
  for (size_t from_end = 1; from_end <= 8 * n; from_end++) {
    made = made >> 1 ^ (made & 1 ? POLYNOMIAL : 0);
    if (made == difference) {
      size_t behind = (from_end - 1) / 8;
      *bit = 8 * (n - 1 - behind) + 8 * (behind + 1) - from_end;
      return true;
    }
  }
  return false;
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

enum pl_page_state pl_page_mend(uint8_t *page, size_t size, uint32_t number, size_t *bit)
{
  if (is_sealed(page, size, number) || is_empty(page, size))
    return PL_PAGE_WHOLE;
  if (only_bit(page, size, bit)) {
    flip(page, *bit);
    return PL_PAGE_FLIPPED;
  }
  if (is_empty(page + size - PL_PAGE_SEAL, PL_PAGE_SEAL))
    return PL_PAGE_UNSEALED;
  size_t at = 0;
  if (!bit_of(get(page + size - CRC) ^ crc_of(page, size), size - CRC, &at))
    return PL_PAGE_OTHER;
  flip(page, at);
  if (is_sealed(page, size, number) && get(page + size - ADLER) == adler_of(page, size)) {
    *bit = at;
    return PL_PAGE_FLIPPED;
  }
  flip(page, at);
  return PL_PAGE_OTHER;
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
