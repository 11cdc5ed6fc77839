/* SHA-256 (FIPS 180-4) and what is made of it. */
#include "base/hash.h"

#include <string.h>

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n)
{
  return x >> n | x << (32 - n);
}

static void schedule(uint32_t w[64], const unsigned char block[64])
{
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
           block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

static void compress(uint32_t h[8], const unsigned char block[64])
{
  uint32_t w[64], v[8];
  schedule(w, block);
  memcpy(v, h, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t t1 = v[7] + s1 + choice + round_constants[i] + w[i];
    uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
    uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += t1;
    v[0] = t1 + s0 + majority;
  }
  for (int i = 0; i < 8; i++)
    h[i] += v[i];
}

void pl_sha256_begin(pl_sha256 *s)
{
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(s->h, start, sizeof start);
  s->len = 0;
}

void pl_sha256_add(pl_sha256 *s, const void *data, size_t len)
{
  const unsigned char *p = data;
  size_t used = s->len % 64;
  s->len += len;
  if (used) {
    size_t n = 64 - used < len ? 64 - used : len;
    memcpy(s->block + used, p, n);
    p += n;
    len -= n;
    if (used + n < 64)
      return;
    compress(s->h, s->block);
  }
  for (; len >= 64; p += 64, len -= 64)
    compress(s->h, p);
  if (len)
    memcpy(s->block, p, len);
}

void pl_sha256_end(pl_sha256 *s, unsigned char out[PL_SHA256_SIZE])
{
  unsigned char tail[72] = {0x80};
  uint64_t bits = s->len * 8;
  size_t used = s->len % 64, zeros = used < 56 ? 56 - used : 120 - used;
  for (size_t i = 0; i < 8; i++)
    tail[zeros + 7 - i] = (unsigned char)(bits >> (8 * i));
  pl_sha256_add(s, tail, zeros + 8);
  for (int i = 0; i < PL_SHA256_SIZE; i++)
    out[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void pl_hmac_sha256(pl_str key, pl_str text, unsigned char out[PL_SHA256_SIZE])
{
  unsigned char pad[64] = {0}, inner[PL_SHA256_SIZE];
  pl_sha256 s;
  if (key.len > sizeof pad) {
    pl_sha256_begin(&s);
    pl_sha256_add(&s, key.data, key.len);
    pl_sha256_end(&s, pad);
  } else if (key.len) {
    memcpy(pad, key.data, key.len);
  }
  for (size_t i = 0; i < sizeof pad; i++)
    pad[i] ^= 0x36;
  pl_sha256_begin(&s);
  pl_sha256_add(&s, pad, sizeof pad);
  pl_sha256_add(&s, text.data, text.len);
  pl_sha256_end(&s, inner);
  for (size_t i = 0; i < sizeof pad; i++)
    pad[i] ^= 0x36 ^ 0x5c;
  pl_sha256_begin(&s);
  pl_sha256_add(&s, pad, sizeof pad);
  pl_sha256_add(&s, inner, sizeof inner);
  pl_sha256_end(&s, out);
}

void pl_hex(const unsigned char *bytes, size_t n, char *out)
{
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < n; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  out[2 * n] = '\0';
}

void pl_sha256_hex(const void *data, size_t len, char out[65])
{
  unsigned char hash[PL_SHA256_SIZE];
  pl_sha256 s;
  pl_sha256_begin(&s);
  pl_sha256_add(&s, data, len);
  pl_sha256_end(&s, hash);
  pl_hex(hash, sizeof hash, out);
}
