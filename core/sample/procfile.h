/* Files and folders of /proc and /sys that stay open, and the pieces of their texts. */
#ifndef PL_SAMPLE_PROCFILE_H
#define PL_SAMPLE_PROCFILE_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/str.h"

/* Read whole with pread. */
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

/* The message of an open that failed with code, which is returned. */
int pl_procfile_fail(pl_error *err, int code, const char *root, const char *path);

/* The content now, ended by NUL, valid until the next read; empty on failure and of a file that is not open. At most 1 MiB. */
pl_str pl_procfile_read(pl_procfile *f);

/* ---- Files of one short value, and folders */
/* A descriptor for path below root; -1: it is not there. */
int pl_attr_open(const char *root, const char *path);
/* The value in out[size], ended by NUL, without white space around it; empty on failure. */
pl_str pl_attr_read(int fd, char *out, size_t size);
/* Opens, reads and closes. */
pl_str pl_attr_once(const char *root, const char *path, char *out, size_t size);
/* The value as a number; false when there is none. */
bool pl_attr_number(int fd, double *out);
/* Gives each name of an open folder, until fn returns false; without "." and "..". */
void pl_folder_each(int fd, bool (*fn)(void *user, const char *name), void *user);

/* ---- Pieces of such texts */
/* The next word, separated by blanks and tabs; empty at the end. It lies in *line, which moves behind it. */
pl_str pl_field_next(pl_str *line);
/* The next word as a number; 0 when it is none. */
double pl_field_number(pl_str *line);
/* The next word as a hexadecimal number; 0 when it is none. */
double pl_field_hex(pl_str *line);
/* Seconds of a line "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345", whose total is in microseconds. */
double pl_pressure_total(pl_str line);
/* The next line, without its end; data NULL behind the last one. It lies in *text, which moves behind it. */
pl_str pl_line_next(pl_str *text);

#endif
