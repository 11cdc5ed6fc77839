/* Base64 of RFC 4648 section 4, with padding. */
#ifndef PL_BASE_BASE64_H
#define PL_BASE_BASE64_H

#include "base/buf.h"
#include "base/str.h"

/* Appends the text that stands for the bytes of s. Returns 0, PL_ENOMEM or PL_ELIMIT. */
int pl_base64(pl_buf *out, pl_str s);

/* Appends the bytes that a text stands for. Returns 0, PL_EPARSE (no Base64, or without its padding; out may have a part), PL_ENOMEM or
 * PL_ELIMIT. */
int pl_base64_decode(pl_buf *out, pl_str text);

#endif
