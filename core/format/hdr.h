/* The HdrHistogram V2 encoding of a histogram (HdrHistogram, "Encoding and compressed encoding"): other tools read
 * what we store. A head of 40 bytes (cookie, payload length, normalizing offset, digits, lowest, highest, ratio), then
 * the counts as ZigZag LEB128, runs of zeros as one negative number. Pure; any thread. */
#ifndef PL_FORMAT_HDR_H
#define PL_FORMAT_HDR_H

#include "analysis/hist.h"
#include "base/buf.h"
#include "base/str.h"

/* Appends the encoding of h. Exact sum, minimum and maximum are not part of the format: a decoder has them to three
 * digits. PL_ENOMEM or PL_ELIMIT of the buffer. */
int pl_hdr_encode(const pl_hist *h, pl_buf *out) PL_MUSTCHECK;

/* Adds the decoded counts to h. Another geometry (lowest value, digits) is re-recorded at each counter's lowest
 * value, as HdrHistogram itself does. Errors: PL_EPARSE (not this encoding, cut short, counts out of range), PL_ENOMEM. */
int pl_hdr_decode(pl_str bytes, pl_hist *h, pl_error *err) PL_MUSTCHECK;

#endif
