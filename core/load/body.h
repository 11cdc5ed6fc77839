/* The body of a request on the wire: from memory or from a file that is read while it is sent, whole or in chunks
 * (RFC 9112 section 7.1). Everything is a function of the place in the stream, so a piece can be made again. */
#ifndef PL_LOAD_BODY_H
#define PL_LOAD_BODY_H

#include "load/client.h"

enum { PL_BODY_CHUNK = 16 << 10, PL_BODY_PIECE = PL_BODY_CHUNK + 64 }; /* bytes of a chunk's data; room that a piece takes */

/* Bytes of x's body itself, without what chunks add. */
uint64_t pl_body_raw_size(const pl_exchange *x);
/* Writes n of them, from `at` on, to out. False: the file cannot be read, or has become shorter. */
bool pl_body_raw(const pl_exchange *x, uint64_t at, char *out, size_t n);

/* Bytes of x's body on the wire of HTTP/1. */
uint64_t pl_body_size(const pl_exchange *x);

/* The bytes from `at` < pl_body_size on, as many as come at once; in work, of PL_BODY_PIECE bytes, where they are not in memory.
 * False: the file cannot be read, or has become shorter. */
bool pl_body_piece(const pl_exchange *x, uint64_t at, char *work, pl_str *out);

#endif
