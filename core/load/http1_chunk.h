/* The chunked transfer coding (RFC 9112 section 7.1), decoded as it arrives. */
#ifndef PL_LOAD_HTTP1_CHUNK_H
#define PL_LOAD_HTTP1_CHUNK_H

#include <stddef.h>
#include <stdint.h>

enum pl_chunk_state {
  PL_CHUNK_SIZE,       /* in the digits of a size */
  PL_CHUNK_EXTENSION,  /* after the digits, up to the end of the line */
  PL_CHUNK_DATA,
  PL_CHUNK_DATA_END,   /* before the CR LF behind the data, */
  PL_CHUNK_DATA_LF,    /* and between the two */
  PL_CHUNK_TRAILER,    /* at the start of a trailer line */
  PL_CHUNK_TRAILER_LINE,
  PL_CHUNK_DONE,
};

typedef struct pl_chunk {
  enum pl_chunk_state state;
  uint64_t left;       /* of the chunk's size or data */
  unsigned digits;
  uint32_t overhead;   /* bytes of extensions and trailers so far: at most 64 KiB */
} pl_chunk; /* zeroed: ready */

/* Decodes up to len bytes at data in place: decoded bytes are moved to the front. *used: bytes taken; *decoded: bytes at the
 * front. Returns 1 (the body is complete), 0 (more is needed) or PL_EPROTO with *why set to a static text. */
int pl_chunk_decode(pl_chunk *c, char *data, size_t len, size_t *used, size_t *decoded, const char **why);

#endif
