/* Hashes that protocols ask for: SHA-256 (FIPS 180-4), HMAC with it (RFC 2104), MD5 (RFC 1321: nothing but Digest
 * authentication may rely on it). Pure; any thread. */
#ifndef PL_BASE_HASH_H
#define PL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { PL_SHA256_SIZE = 32, PL_MD5_SIZE = 16 };

/* SHA-256 of data that comes in pieces. */
typedef struct pl_sha256 {
  uint32_t h[8];
  uint64_t len;
  unsigned char block[64];
} pl_sha256;
/* An empty message. */
void pl_sha256_begin(pl_sha256 *s);
/* The next len bytes of the message. */
void pl_sha256_add(pl_sha256 *s, const void *data, size_t len);
/* Writes the digest; s is to begin again before it is used. */
void pl_sha256_end(pl_sha256 *s, unsigned char out[PL_SHA256_SIZE]);

/* HMAC-SHA-256 of text; a key of any length. */
void pl_hmac_sha256(pl_str key, pl_str text, unsigned char out[PL_SHA256_SIZE]);

/* MD5 of len bytes. */
void pl_md5(const void *data, size_t len, unsigned char out[PL_MD5_SIZE]);

/* n bytes as 2 n hex digits and NUL. */
void pl_hex(const unsigned char *bytes, size_t n, char *out);

#endif
