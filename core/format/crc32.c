/* Multiplication without carries sums sixteen bytes at a step, where the processor has it: Gopal et al., "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), whose names the constants have. Everything else is zlib's. */
#include "format/crc32.h"

#include <zlib.h>

#ifdef __x86_64__

#include <immintrin.h>
#include <stdbool.h>

enum { LANE = 16, LANES = 4, FOLDED_MIN = 64 };

#define K1 0x154442bd4 /* x^(4*128+32) mod P, as the next ones reflected */
#define K2 0x1c6e41596 /* x^(4*128-32) */
#define K3 0x1751997d0 /* x^(128+32) */
#define K4 0x0ccaa009e /* x^(128-32) */
#define K5 0x163cd6124 /* x^64 */
#define P 0x1db710641
#define U 0x1f7011641 /* x^64 div P */

#define FOLDS __attribute__((target("pclmul,sse4.1")))

static bool can_fold(void)
{
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

FOLDS static __m128i load(const char *bytes)
{
  return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* Moves x as far as k says, to where next is. */
FOLDS static __m128i fold(__m128i x, __m128i k, __m128i next)
{
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, k, 0x00), _mm_clmulepi64_si128(x, k, 0x11)), next);
}

/* The sum of what 128 bits stand for: Barrett's reduction of the last 64 of them. */
FOLDS static uint32_t reduce(__m128i x)
{
  const __m128i low = _mm_setr_epi32(-1, 0, -1, 0), barrett = _mm_set_epi64x(U, P);
  x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, _mm_set_epi64x(K4, K3), 0x10));
  x = _mm_xor_si128(_mm_srli_si128(x, 4), _mm_clmulepi64_si128(_mm_and_si128(x, low), _mm_set_epi64x(0, K5), 0x00));
  __m128i quotient = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(x, low), barrett, 0x10), low);
  return (uint32_t)_mm_extract_epi32(_mm_xor_si128(x, _mm_clmulepi64_si128(quotient, barrett, 0x00)), 1);
}

/* The sum of len >= FOLDED_MIN bytes, a multiple of LANE. */
FOLDS static uint32_t sum(const char *bytes, size_t len)
{
  const __m128i far = _mm_set_epi64x(K2, K1), near = _mm_set_epi64x(K4, K3);
  const char *end = bytes + len;
  __m128i x[LANES];
  for (int i = 0; i < LANES; i++, bytes += LANE)
    x[i] = load(bytes);
  x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128(-1));
  for (; end - bytes >= LANES * LANE; bytes += LANES * LANE)
    for (int i = 0; i < LANES; i++)
      x[i] = fold(x[i], far, load(bytes + i * LANE));
  __m128i all = x[0];
  for (int i = 1; i < LANES; i++)
    all = fold(all, near, x[i]);
  for (; bytes < end; bytes += LANE)
    all = fold(all, near, load(bytes));
  return ~reduce(all);
}

uint32_t pl_crc32(pl_str bytes)
{
  size_t folded = bytes.len >= FOLDED_MIN && can_fold() ? bytes.len / LANE * LANE : 0;
  uint32_t crc = folded ? sum(bytes.data, folded) : 0;
  return (uint32_t)crc32_z(crc, (const Bytef *)bytes.data + folded, bytes.len - folded);
}

#else

uint32_t pl_crc32(pl_str bytes)
{
  return (uint32_t)crc32_z(0, (const Bytef *)bytes.data, bytes.len);
}

#endif
