/* SHA-1 (FIPS 180-4), for protocols that ask for it (WebSocket's handshake); no protection against forgers. */
#ifndef PL_BASE_SHA1_H
#define PL_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

/* Digest of len <= 4096 bytes. */
void pl_sha1(const void *data, size_t len, uint8_t out[20]);

#endif
