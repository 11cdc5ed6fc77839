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

/* Adds the decoded counts of V0, V1 or V2 to h. Another geometry (lowest value, digits) is re-recorded at each counter's lowest
 * value, as HdrHistogram itself does. Errors: PL_EPARSE (not this encoding, cut short, counts out of range), PL_ENOMEM. */
int pl_hdr_decode(pl_str bytes, pl_hist *h, pl_error *err) PL_MUSTCHECK;

/* The compressed encoding: appends V2 of h; adds V0, V1 or V2 to h. scratch: a buffer for what is not compressed, cleared before; its max
 * is the limit (PL_ELIMIT). Errors as above. */
int pl_hdr_compress(const pl_hist *h, pl_buf *scratch, pl_buf *out) PL_MUSTCHECK;
int pl_hdr_expand(pl_str bytes, pl_buf *scratch, pl_hist *h, pl_error *err) PL_MUSTCHECK;

#endif
