/* A growable byte buffer with a stated maximum, also used to write text. */
#ifndef PL_BASE_BUF_H
#define PL_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

/* After a failed append the buffer is `bad`: its content stays, later appends fail too, so a writer
 * may check once at the end. */
typedef struct pl_buf {
  const pl_allocator *alloc;
  char *data; /* NULL while empty; not ended by NUL, except after pl_buf_cstr */
  size_t len;
  size_t cap;
  size_t max;
  int bad; /* 0, PL_ENOMEM or PL_ELIMIT */
} pl_buf;

/* max: most bytes it may ever hold. */
void pl_buf_init(pl_buf *b, const pl_allocator *a, size_t max);
/* Frees its memory; it is as after pl_buf_init. */
void pl_buf_fini(pl_buf *b);

/* Empties it and forgets `bad`; keeps the memory. */
void pl_buf_clear(pl_buf *b);

/* Appends len bytes. This and its kin return 0, PL_ENOMEM or PL_ELIMIT. */
int pl_buf_add(pl_buf *b, const void *data, size_t len);
/* Appends a C string, without its NUL. */
int pl_buf_adds(pl_buf *b, const char *s);
/* Appends one character. */
int pl_buf_addc(pl_buf *b, char c);
/* Appends what printf would write. */
int pl_buf_addf(pl_buf *b, const char *format, ...) PL_PRINTF(2, 3);
/* The same with its arguments in a list, which is used up. */
int pl_buf_vaddf(pl_buf *b, const char *format, va_list args);

/* Makes room for n more bytes and returns where they go (NULL on failure); the caller writes them
 * and adds to b->len. */
char *pl_buf_room(pl_buf *b, size_t n);

/* Drops the first n <= len bytes. */
void pl_buf_drop(pl_buf *b, size_t n);

/* The content ended by NUL ("" while empty); NULL when there is no memory. Valid until the next
 * change. */
const char *pl_buf_cstr(pl_buf *b);

#endif
