/* The HdrHistogram V2 encoding of a histogram (HdrHistogram, "Encoding and compressed encoding"): other tools read
 * what we store. A head of 40 bytes (cookie, payload length, normalizing offset, digits, lowest, highest, ratio), then
 * the counts as ZigZag LEB128, runs of zeros as one negative number. V1 has the counts as words, V0 also a shorter head.
 * Pure; any thread. */
#ifndef PL_FORMAT_HDR_H
#define PL_FORMAT_HDR_H

#include "analysis/hist.h"
#include "base/buf.h"
#include "base/str.h"

/* Appends the encoding of h. Exact sum, minimum and maximum are not part of the format: a decoder has them to three
 * digits. PL_ENOMEM or PL_ELIMIT of the buffer. */
int pl_hdr_encode(const pl_hist *h, pl_buf *out) PL_MUSTCHECK;

/* The same for whoever has counters, but no pl_hist. */
typedef struct pl_hdr_writer {
  pl_buf *out;
  size_t start;
  uint32_t gap; /* counters that are zero before the next one */
} pl_hdr_writer;
/* Appends to out, which nobody else writes to until the end. */
void pl_hdr_begin(pl_hdr_writer *w, pl_buf *out);
/* Puts the next n counters, from the first one on. */
void pl_hdr_put(pl_hdr_writer *w, const uint64_t *counts, uint32_t n);
/* They are all zero. */
static inline void pl_hdr_skip(pl_hdr_writer *w, uint32_t n)
{
  w->gap += n;
}
/* Writes the head. Errors: of out, whenever they came. */
int pl_hdr_end(pl_hdr_writer *w) PL_MUSTCHECK;

/* Reads what pl_hdr_encode writes, and no other bytes: encoding the counters again gives the same ones. */
typedef struct pl_hdr_reader {
  const unsigned char *at, *end;
  uint32_t index; /* of the next counter */
} pl_hdr_reader;
/* PL_EPARSE: another head. */
int pl_hdr_open(pl_hdr_reader *r, pl_str bytes) PL_MUSTCHECK;
/* The next counter that is not zero: 1; 0 at the end; PL_EPARSE: not what pl_hdr_encode writes. */
int pl_hdr_next(pl_hdr_reader *r, uint32_t *index, uint64_t *count) PL_MUSTCHECK;

/* Adds the decoded counts of V0, V1 or V2 to h. Another geometry (lowest value, digits) is re-recorded at each counter's lowest
 * value, as HdrHistogram itself does. Errors: PL_EPARSE (not this encoding, cut short, counts out of range), PL_ENOMEM. */
int pl_hdr_decode(pl_str bytes, pl_hist *h, pl_error *err) PL_MUSTCHECK;

/* The compressed encoding: appends V2 of h; adds V0, V1 or V2 to h. scratch: a buffer for what is not compressed, cleared before; its max
 * is the limit (PL_ELIMIT). Errors as above. */
int pl_hdr_compress(const pl_hist *h, pl_buf *scratch, pl_buf *out) PL_MUSTCHECK;
int pl_hdr_expand(pl_str bytes, pl_buf *scratch, pl_hist *h, pl_error *err) PL_MUSTCHECK;

#endif
