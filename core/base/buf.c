/* Growable buffers: capacity doubles up to the stated maximum. */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void pl_buf_init(pl_buf *b, const pl_allocator *a, size_t max)
{
  *b = (pl_buf){.alloc = a, .max = max};
}

void pl_buf_fini(pl_buf *b)
{
  if (b->data)
    pl_free(b->alloc, b->data, b->cap);
  b->data = NULL;
  b->len = b->cap = 0;
  b->bad = 0;
}

void pl_buf_clear(pl_buf *b)
{
  b->len = 0;
  b->bad = 0;
}

/* Makes the capacity at least need bytes. */
static int reserve(pl_buf *b, size_t need)
{
  if (b->bad)
    return b->bad;
  if (need <= b->cap)
    return PL_OK;
  if (need > b->max)
    return b->bad = PL_ELIMIT;
  size_t cap = b->cap ? b->cap : 64;
  while (cap < need)
    cap = cap > SIZE_MAX / 2 ? need : cap * 2;
  if (cap > b->max)
    cap = b->max;
  char *p = pl_realloc(b->alloc, b->data, b->cap, cap);
  if (!p)
    return b->bad = PL_ENOMEM;
  b->data = p;
  b->cap = cap;
  return PL_OK;
}

char *pl_buf_room(pl_buf *b, size_t n)
{
  if (n > SIZE_MAX - b->len) {
    b->bad = PL_ELIMIT;
    return NULL;
  }
  return reserve(b, b->len + n) ? NULL : b->data + b->len;
}

int pl_buf_add(pl_buf *b, const void *data, size_t len)
{
  if (len == 0)
    return b->bad;
  char *room = pl_buf_room(b, len);
  if (!room)
    return b->bad;
  memcpy(room, data, len);
  b->len += len;
  return PL_OK;
}

int pl_buf_adds(pl_buf *b, const char *s)
{
  return pl_buf_add(b, s, strlen(s));
}

int pl_buf_addc(pl_buf *b, char c)
{
  return pl_buf_add(b, &c, 1);
}

int pl_buf_vaddf(pl_buf *b, const char *format, va_list args)
{
  va_list again;
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  char *room = n < 0 ? NULL : pl_buf_room(b, (size_t)n + 1);
  if (room) {
    (void)vsnprintf(room, (size_t)n + 1, format, again);
    b->len += (size_t)n;
  }
  va_end(again);
  return b->bad;
}

int pl_buf_addf(pl_buf *b, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int code = pl_buf_vaddf(b, format, args);
  va_end(args);
  return code;
}

void pl_buf_drop(pl_buf *b, size_t n)
{
  b->len -= n;
  if (b->len)
    memmove(b->data, b->data + n, b->len);
}

const char *pl_buf_cstr(pl_buf *b)
{
  char *room = pl_buf_room(b, 1);
  if (!room)
    return NULL;
  *room = '\0';
  return b->data;
}
