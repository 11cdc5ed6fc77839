/* A text in a buffer that may still move: kept as a place, and read once no more is appended. */
#ifndef PL_BASE_PIECE_H
#define PL_BASE_PIECE_H

#include "base/buf.h"
#include "base/str.h"

typedef struct pl_piece {
  size_t at, len;
} pl_piece;

/* Appends a text; an empty piece where it does not fit: the buffer is bad. */
pl_piece pl_piece_keep(pl_buf *b, pl_str s);
/* The text of a piece; valid until the buffer's next change. */
pl_str pl_piece_text(const pl_buf *b, pl_piece p);

#endif
