/* See procfile.h. */
#include "sample/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FIRST = 8 << 10, MOST = 1 << 20, PATH_SIZE = 4096 };

int pl_procfile_open(pl_procfile *f, const pl_allocator *a, const char *root, const char *path)
{
  char full[PATH_SIZE];
  *f = (pl_procfile){.alloc = a, .fd = -1};
  int n = snprintf(full, sizeof full, "%s/%s", root, path);
  if (n < 0 || (size_t)n >= sizeof full)
    return PL_ENOENT;
  f->fd = open(full, O_RDONLY | O_CLOEXEC);
  if (f->fd < 0)
    return errno == EMFILE || errno == ENFILE ? PL_ELIMIT : PL_ENOENT;
  f->buffer = pl_alloc(a, FIRST);
  f->cap = FIRST;
  if (f->buffer)
    return PL_OK;
  close(f->fd);
  f->fd = -1;
  return PL_ENOMEM;
}

void pl_procfile_close(pl_procfile *f)
{
  if (f->fd >= 0 && f->alloc)
    close(f->fd);
  if (f->alloc)
    pl_free(f->alloc, f->buffer, f->cap);
  *f = (pl_procfile){.fd = -1};
}

pl_str pl_procfile_read(pl_procfile *f)
{
  size_t len = 0;
  for (;;) {
    ssize_t n = pread(f->fd, f->buffer + len, f->cap - 1 - len, (off_t)len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    len += (size_t)n;
    if (len < f->cap - 1)
      continue;
    char *bigger = f->cap < MOST ? pl_realloc(f->alloc, f->buffer, f->cap, f->cap * 2) : NULL;
    if (!bigger)
      break;
    f->buffer = bigger;
    f->cap *= 2;
  }
  f->buffer[len] = '\0';
  return (pl_str){f->buffer, len};
}

pl_str pl_field_next(pl_str *line)
{
  while (line->len && (line->data[0] == ' ' || line->data[0] == '\t')) {
    line->data++;
    line->len--;
  }
  size_t n = 0;
  while (n < line->len && line->data[n] != ' ' && line->data[n] != '\t')
    n++;
  pl_str word = {line->data, n};
  line->data += n;
  line->len -= n;
  return word;
}

/* Whole numbers are the rule here, and fast; the rest goes through the general reader. */
double pl_field_number(pl_str *line)
{
  pl_str word = pl_field_next(line);
  uint64_t whole;
  double v;
  if (pl_str_u64(word, &whole))
    return (double)whole;
  return pl_str_double(word, &v) ? v : 0;
}

pl_str pl_line_next(pl_str *text)
{
  if (!text->data || text->len == 0)
    return (pl_str){NULL, 0};
  return pl_str_cut(text, '\n');
}
