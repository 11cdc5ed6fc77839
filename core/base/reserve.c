/* One piece at a time: the first touch of so much memory would keep a thread that measures from its work. */
#include "base/reserve.h"

#include <string.h>

/* Too small for a mapping of its own, too large for a gap between what is in use. */
enum { PIECE = 32 << 10 };

static void free_pieces(const pl_allocator *a, void **pieces)
{
  while (pieces) {
    void **next = *pieces;
    pl_free(a, pieces, PIECE);
    pieces = next;
  }
}

void pl_reserve_more(pl_reserve *r, const pl_allocator *a, size_t n)
{
  void **piece = r->got < n ? pl_alloc(a, PIECE) : NULL;
  if (!piece)
    return;
  memset(piece, 0, PIECE);
  *piece = r->pieces;
  r->pieces = piece;
  r->got += PIECE;
  if (r->got >= n) {
    free_pieces(a, *piece);
    *piece = NULL;
  }
}

void pl_reserve_fini(pl_reserve *r, const pl_allocator *a)
{
  free_pieces(a, r->pieces);
  *r = (pl_reserve){0};
}
