/* SHA-1 (FIPS 180-4 section 6.1). */
#include "base/sha1.h"

#include <assert.h>
#include <string.h>

enum { BLOCK = 64, LEN_MAX = 4096 };

static uint32_t rotate(uint32_t x, unsigned n)
{
  return x << n | x >> (32 - n);
}

static uint32_t big_endian(const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
  if (t < 20)
    return (b & c) | (~b & d);
  return t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
}

static void add_block(uint32_t h[5], const uint8_t *block)
{
  static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  uint32_t w[80], v[5];
  memcpy(v, h, sizeof v);
  for (unsigned t = 0; t < 80; t++) {
    w[t] = t < 16 ? big_endian(block + 4 * t) : rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    uint32_t next = rotate(v[0], 5) + mix(t, v[1], v[2], v[3]) + v[4] + k[t / 20] + w[t];
    v[4] = v[3];
    v[3] = v[2];
    v[2] = rotate(v[1], 30);
    v[1] = v[0];
    v[0] = next;
  }
  for (unsigned i = 0; i < 5; i++)
    h[i] += v[i];
}

void pl_sha1(const void *data, size_t len, uint8_t out[20])
{
  uint8_t padded[LEN_MAX + 2 * BLOCK] = {0};
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  assert(len <= LEN_MAX);
  memcpy(padded, data, len);
  padded[len] = 0x80;
  size_t total = (len + 9 + BLOCK - 1) / BLOCK * BLOCK;
  for (unsigned i = 0; i < 8; i++)
    padded[total - 1 - i] = (uint8_t)((uint64_t)len * 8 >> (8 * i));
  for (size_t at = 0; at < total; at += BLOCK)
    add_block(h, padded + at);
  for (unsigned i = 0; i < 20; i++)
    out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}
