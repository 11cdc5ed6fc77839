/* DEFLATE (RFC 1951) in the frames of gzip (RFC 1952) and zlib (RFC 1950). Pure. */
#ifndef PL_FORMAT_DEFLATE_H
#define PL_FORMAT_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum pl_deflate_form { PL_DEFLATE_GZIP, PL_DEFLATE_ZLIB };

/* Appends what `in` stands for to out, in pieces, so that out's max holds whatever comes out: several members of gzip one behind
 * the other; instead of zlib's frame also none, as some servers send it. Returns 0, PL_EPROTO (broken, cut off, or bytes behind
 * the end), PL_ELIMIT (also for more than 4 GiB of input), PL_ENOMEM. */
int pl_inflate(enum pl_deflate_form form, pl_str in, pl_buf *out) PL_MUSTCHECK;

/* Appends `in` compressed to out. Returns 0, PL_ELIMIT, PL_ENOMEM. */
int pl_deflate(enum pl_deflate_form form, pl_str in, pl_buf *out) PL_MUSTCHECK;

/* gzip that comes in pieces, member by member; about 40 KB. One thread at a time. */
typedef struct pl_gunzip pl_gunzip;

/* Errors: PL_ENOMEM. */
int pl_gunzip_new(const pl_allocator *a, pl_gunzip **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_gunzip_free(pl_gunzip *g);
/* Takes bytes off *in and puts what they stand for at `to`, until nothing more comes of *in or room bytes are there; *n: how many are.
 * Errors: PL_EPROTO (broken, or bytes behind the end), PL_ENOMEM. */
int pl_gunzip_take(pl_gunzip *g, pl_str *in, char *to, size_t room, size_t *n) PL_MUSTCHECK;
/* Whether a member ended with the last byte that was taken: a stream that ends elsewhere is cut off. */
bool pl_gunzip_whole(const pl_gunzip *g);

/* For many short pieces without a frame: memory that is asked for once, about 400 KB. One thread at a time. */
typedef struct pl_deflater pl_deflater;

/* Errors: PL_ENOMEM. */
int pl_deflater_new(const pl_allocator *a, pl_deflater **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_deflater_free(pl_deflater *d);

/* Compresses 1 <= len <= UINT_MAX bytes into room, of len - 1 bytes; returns how many they became, 0: no fewer. */
size_t pl_deflater_shorten(pl_deflater *d, const uint8_t *bytes, size_t len, uint8_t *room);
/* The len <= UINT_MAX bytes that `in` stands for. Errors: PL_EPROTO, also when these are more or fewer. */
int pl_deflater_expand(pl_deflater *d, pl_str in, uint8_t *bytes, size_t len) PL_MUSTCHECK;

/* The Adler-32 of zlib (RFC 1950, section 8.2). */
uint32_t pl_adler32(pl_str bytes);

#endif
