/* See piece.h. An empty piece names no place: its buffer may have no memory yet. */
#include "base/piece.h"

pl_piece pl_piece_keep(pl_buf *b, pl_str s)
{
  pl_piece p = {b->len, s.len};
  return pl_buf_add(b, s.data, s.len) ? (pl_piece){0, 0} : p;
}

pl_str pl_piece_text(const pl_buf *b, pl_piece p)
{
  return (pl_str){p.len ? b->data + p.at : "", p.len};
}
