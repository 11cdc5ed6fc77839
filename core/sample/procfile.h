/* A file of /proc or /sys that stays open and is read whole with pread. */
#ifndef PL_SAMPLE_PROCFILE_H
#define PL_SAMPLE_PROCFILE_H

#include "base/alloc.h"
#include "base/str.h"

typedef struct pl_procfile {
  const pl_allocator *alloc;
  int fd;
  char *buffer;
  size_t cap;
} pl_procfile;

/* path below root. PL_ENOENT when it is not there; PL_ELIMIT: no descriptor is left; PL_ENOMEM. */
int pl_procfile_open(pl_procfile *f, const pl_allocator *a, const char *root, const char *path) PL_MUSTCHECK;
/* Also after an open that failed, and twice. */
void pl_procfile_close(pl_procfile *f);

/* The content now, ended by NUL, valid until the next read; empty on failure. At most 1 MiB. */
pl_str pl_procfile_read(pl_procfile *f);

/* ---- Pieces of such texts */
/* The next word, separated by blanks and tabs; empty at the end. It lies in *line, which moves behind it. */
pl_str pl_field_next(pl_str *line);
/* The next word as a number; 0 when it is none. */
double pl_field_number(pl_str *line);
/* The next line, without its end; data NULL behind the last one. It lies in *text, which moves behind it. */
pl_str pl_line_next(pl_str *text);

#endif
