/* DEFLATE (RFC 1951) in the frames of gzip (RFC 1952) and zlib (RFC 1950). Pure. */
#ifndef PL_FORMAT_DEFLATE_H
#define PL_FORMAT_DEFLATE_H

#include "base/buf.h"
#include "base/str.h"

enum pl_deflate_form { PL_DEFLATE_GZIP, PL_DEFLATE_ZLIB };

/* Appends what `in` stands for to out, in pieces, so that out's max holds whatever comes out: several members of gzip one behind
 * the other; instead of zlib's frame also none, as some servers send it. Returns 0, PL_EPROTO (broken, cut off, or bytes behind
 * the end), PL_ELIMIT (also for more than 4 GiB of input), PL_ENOMEM. */
int pl_inflate(enum pl_deflate_form form, pl_str in, pl_buf *out) PL_MUSTCHECK;

/* Appends `in` compressed to out. Returns 0, PL_ELIMIT, PL_ENOMEM. */
int pl_deflate(enum pl_deflate_form form, pl_str in, pl_buf *out) PL_MUSTCHECK;

#endif
