/* Files and folders of /proc and /sys that stay open, and the pieces of their texts. */
#ifndef PL_SAMPLE_PROCFILE_H
#define PL_SAMPLE_PROCFILE_H

#include <stdbool.h>

#include "base/alloc.h"
#include "base/str.h"

enum { PL_PROCFILE_MOST = 1 << 20 };

/* How the kernel hands a text out (fs/seq_file.c): piece by piece, as many as fit into a page, so that a read which gives less than was
 * asked for may have more behind it, unless there was room for any piece. Knowing the longest one saves the read that finds nothing. */
enum { PL_PIECE_ANY = 0, PL_PIECE_WHOLE = -1, PL_PIECE_PAGE = 4096 };

/* Read whole with pread. */
typedef struct pl_procfile {
  const pl_allocator *alloc;
  int fd;
  int piece; /* bytes of the longest piece of the text, below PL_PIECE_PAGE; PL_PIECE_WHOLE: it is one; PL_PIECE_ANY: not known. Set after open */
  char *buffer;
  size_t cap;
} pl_procfile;

/* path below root. PL_ENOENT when it is not there; PL_ELIMIT: no descriptor is left; PL_ENOMEM. */
int pl_procfile_open(pl_procfile *f, const pl_allocator *a, const char *root, const char *path) PL_MUSTCHECK;
/* Also after an open that failed, and twice. */
void pl_procfile_close(pl_procfile *f);

/* The message of an open that failed with code, which is returned. */
int pl_procfile_fail(pl_error *err, int code, const char *root, const char *path);

/* The content now, ended by NUL, valid until the next read; empty on failure and of a file that is not open; at most PL_PROCFILE_MOST - 1
 * bytes. */
pl_str pl_procfile_read(pl_procfile *f);
/* The same of another file, in f's buffer; f may be a buffer alone, {.alloc = a, .fd = -1}, which close frees. */
pl_str pl_procfile_read_of(pl_procfile *f, int fd);

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
/* Whether a word is one of a text of words with blanks between them. */
bool pl_field_among(pl_str word, const char *words);
/* Whether a text has these characters somewhere. */
bool pl_field_holds(pl_str text, const char *part);
/* Seconds of a line "some avg10=0.00 avg60=0.00 avg300=0.00 total=12345", whose total is in microseconds. */
double pl_pressure_total(pl_str line);
/* The next range of a list as "0-3,5"; a number alone is one. False at the end. What is no range is passed over. */
bool pl_range_next(pl_str *list, uint64_t *first, uint64_t *last);
/* The next line, without its end; data NULL behind the last one. It lies in *text, which moves behind it. */
pl_str pl_line_next(pl_str *text);

#endif
