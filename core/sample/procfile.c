/* See procfile.h. */
#include "sample/procfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/error.h"

enum { FIRST = 8 << 10, PATH_SIZE = 4096, ATTR_SIZE = 128, NAMES_SIZE = 8 << 10 };

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

int pl_procfile_fail(pl_error *err, int code, const char *root, const char *path)
{
  char advice[PL_RAISE_TEXT];
  if (code != PL_ELIMIT)
    return pl_fail(err, code, "there is no %s/%s", root, path);
  pl_descriptor_advice(advice);
  return pl_fail(err, code, "no descriptor is left for %s/%s: %s", root, path, advice);
}

/* Twice the room; false when there is none left. */
static bool grow(pl_procfile *f)
{
  size_t cap = f->cap ? f->cap * 2 : FIRST;
  char *bigger = cap <= PL_PROCFILE_MOST ? pl_realloc(f->alloc, f->buffer, f->cap, cap) : NULL;
  if (!bigger)
    return false;
  f->buffer = bigger;
  f->cap = cap;
  return true;
}

/* Whether a read that gave n bytes, and had room for more, came to the end of the text. */
static bool is_last(const pl_procfile *f, size_t n)
{
  return f->piece == PL_PIECE_WHOLE || (f->piece != PL_PIECE_ANY && n + (size_t)f->piece <= PL_PIECE_PAGE);
}

pl_str pl_procfile_read_of(pl_procfile *f, int fd)
{
  size_t len = 0;
  if (fd < 0 || (!f->cap && !grow(f)))
    return (pl_str){"", 0};
  for (;;) {
    ssize_t n = pread(fd, f->buffer + len, f->cap - 1 - len, (off_t)len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    len += (size_t)n;
    if (len < f->cap - 1 ? is_last(f, (size_t)n) : !grow(f))
      break;
  }
  f->buffer[len] = '\0';
  return (pl_str){f->buffer, len};
}

pl_str pl_procfile_read(pl_procfile *f)
{
  return pl_procfile_read_of(f, f->fd);
}

int pl_attr_open(const char *root, const char *path)
{
  char full[PATH_SIZE];
  int n = snprintf(full, sizeof full, "%s/%s", root, path);
  return n < 0 || (size_t)n >= sizeof full ? -1 : open(full, O_RDONLY | O_CLOEXEC);
}

pl_str pl_attr_read(int fd, char *out, size_t size)
{
  ssize_t n = fd < 0 ? -1 : pread(fd, out, size - 1, 0);
  out[n > 0 ? n : 0] = '\0';
  return pl_str_trim((pl_str){out, n > 0 ? (size_t)n : 0});
}

pl_str pl_attr_once(const char *root, const char *path, char *out, size_t size)
{
  int fd = pl_attr_open(root, path);
  pl_str value = pl_attr_read(fd, out, size);
  if (fd >= 0)
    close(fd);
  return value;
}

bool pl_attr_number(int fd, double *out)
{
  char text[ATTR_SIZE];
  uint64_t whole;
  pl_str value = pl_attr_read(fd, text, sizeof text);
  if (!pl_str_u64(value, &whole))
    return pl_str_double(value, out);
  *out = (double)whole;
  return true;
}

void pl_folder_each(int fd, bool (*fn)(void *user, const char *name), void *user)
{
  _Alignas(struct dirent64) char names[NAMES_SIZE];
  ssize_t n;
  if (lseek(fd, 0, SEEK_SET) != 0)
    return;
  while ((n = getdents64(fd, names, sizeof names)) > 0) {
    for (ssize_t at = 0; at < n;) {
      const struct dirent64 *e = (const void *)(names + at);
      if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && !fn(user, e->d_name))
        return;
      at += e->d_reclen;
    }
  }
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

/* The digits at the front of a text that a blank or its end follows, as *out, and how many characters they and blanks before them are; 0: there is
 * something else, or it may not fit. */
static size_t whole_number(pl_str text, uint64_t *out)
{
  enum { DIGITS = 19 }; /* of which 64 bits hold all */
  size_t first = 0;
  while (first < text.len && (text.data[first] == ' ' || text.data[first] == '\t'))
    first++;
  uint64_t v = 0;
  size_t n = first;
  for (unsigned digit; n < text.len && (digit = (unsigned)(unsigned char)text.data[n] - '0') <= 9; n++)
    v = v * 10 + digit;
  bool ends = n == text.len || text.data[n] == ' ' || text.data[n] == '\t';
  *out = v;
  return ends && n > first && n - first <= DIGITS ? n : 0;
}

/* Whole numbers are the rule here, and fast; the rest goes through the general reader. */
double pl_field_number(pl_str *line)
{
  uint64_t number;
  size_t n = whole_number(*line, &number);
  if (n) {
    line->data += n;
    line->len -= n;
    return (double)number;
  }
  pl_str word = pl_field_next(line);
  uint64_t whole;
  double v;
  if (pl_str_u64(word, &whole))
    return (double)whole;
  return pl_str_double(word, &v) ? v : 0;
}

double pl_field_hex(pl_str *line)
{
  pl_str word = pl_field_next(line);
  uint64_t v = 0;
  for (size_t i = 0; i < word.len; i++) {
    int digit = pl_hex_digit(word.data[i]);
    if (digit < 0)
      return 0;
    v = v << 4 | (unsigned)digit;
  }
  return (double)v;
}

bool pl_field_among(pl_str word, const char *words)
{
  pl_str rest = pl_str_of(words), each;
  while ((each = pl_field_next(&rest)).len) {
    if (pl_str_eq(each, word))
      return true;
  }
  return false;
}

bool pl_field_holds(pl_str text, const char *part)
{
  return text.len && memmem(text.data, text.len, part, strlen(part)) != NULL;
}

bool pl_range_next(pl_str *list, uint64_t *first, uint64_t *last)
{
  while (list->data) {
    pl_str range = pl_str_cut(list, ','), low = pl_str_cut(&range, '-');
    if (!pl_str_u64(pl_str_trim(low), first))
      continue;
    *last = *first;
    if (!range.data || pl_str_u64(pl_str_trim(range), last))
      return true;
  }
  return false;
}

pl_str pl_line_next(pl_str *text)
{
  if (!text->data || text->len == 0)
    return (pl_str){NULL, 0};
  return pl_str_cut(text, '\n');
}

double pl_pressure_total(pl_str line)
{
  uint64_t us = 0;
  while (line.len) {
    pl_str word = pl_field_next(&line);
    if (pl_str_starts(word, PL_STR("total=")))
      (void)pl_str_u64((pl_str){word.data + 6, word.len - 6}, &us);
  }
  return (double)us / 1e6;
}
