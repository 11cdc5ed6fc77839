/* The inside of a codec, and its last stage. */
#ifndef PL_STORE_CODEC_H
#define PL_STORE_CODEC_H

#include "format/deflate.h"
#include "store/chunk.h"

enum pl_draft { PL_DRAFT_COLUMN, PL_DRAFT_BITS, PL_DRAFT_DICTIONARY, PL_DRAFTS };

enum { PL_LAST_LOG = 10, PL_LAST_MAX = 1 << PL_LAST_LOG };

struct pl_codec {
  const pl_allocator *alloc;
  pl_deflater *deflater;
  pl_buf drafts[PL_DRAFTS];           /* tries, of which the shortest is kept */
  uint64_t residuals[PL_CHUNK_MAX];   /* of the column that is written or read */
  uint8_t plane[PL_CHUNK_MAX];
  uint16_t last[PL_LAST_MAX];         /* where four bytes were met last, from 1 */
  int64_t numbers[PL_CHUNK_MAX];      /* that stand for values */
  int64_t ulps[PL_CHUNK_MAX];
  int64_t places[PL_CHUNK_MAX], bits[PL_CHUNK_MAX]; /* of values that are no decimals */
  double distinct[PL_CHUNK_MAX];
  uint16_t slots[2 * PL_CHUNK_MAX];
  int64_t times_ns[PL_CHUNK_MAX]; /* what was read */
  double values[PL_CHUNK_MAX];
};

/* Appends 1 <= len <= PL_CHUNK_MAX bytes, deflated (RFC 1951) where that is shorter, behind a varint: twice their stored length, odd when
 * deflated. Errors: of out. */
int pl_codec_press(pl_codec *c, const uint8_t *bytes, size_t len, pl_buf *out) PL_MUSTCHECK;

/* About the bytes that deflate makes of them, without a try: what is guessed to be a good deal longer than another thing need not be tried. By
 * the entropy of bytes, or of those that do not repeat in fours, of 1,024 in the middle. Takes some ns for each of these, a tenth of what
 * deflate takes. */
size_t pl_codec_guess(pl_codec *c, const uint8_t *bytes, size_t len);

/* Takes len <= PL_CHUNK_MAX bytes that were pressed off *rest. Errors: PL_ECORRUPT. */
int pl_codec_expand(pl_codec *c, pl_str *rest, uint8_t *bytes, size_t len) PL_MUSTCHECK;

#endif
