/* Whole files, small ones: playbooks, reports, configuration. Blocking; never on a worker's loop. */
#ifndef PL_IO_FILE_H
#define PL_IO_FILE_H

#include <limits.h>

#include "base/buf.h"
#include "base/str.h"

/* Appends the file's content to out; its max is the limit. Errors name the path: PL_ENOENT, PL_EACCES, PL_ELIMIT,
 * PL_EIO (also for a folder), PL_ENOMEM. */
int pl_file_read(const char *path, pl_buf *out, pl_error *err) PL_MUSTCHECK;

/* Writes text to a temporary file beside path, syncs and renames it: readers see the old or the new file, whole.
 * It has the mode that the umask leaves of 0666, whatever the old one had, and takes the place of a symbolic link. A device or a pipe is
 * written to as it is. Errors name the path: PL_EACCES, PL_EFULL, PL_EIO ... */
int pl_file_write(const char *path, pl_str text, pl_error *err) PL_MUSTCHECK;

/* Whether pl_file_write to path can work, before there is anything to write: its folder exists and may be written to. */
int pl_file_writable(const char *path, pl_error *err) PL_MUSTCHECK;

/* The real path of a file of a folder, symbolic links resolved: one that exists, or a new name in a folder that does. out is
 * untouched on failure: PL_EPOLICY when it lies outside of the folder, or path is absolute or has .. in it; PL_ENOENT, PL_ELIMIT ... */
int pl_file_within(const char *folder, const char *path, char out[PATH_MAX], pl_error *err) PL_MUSTCHECK;

/* Appends text to path, made when missing (0666 less the umask). */
int pl_file_append(const char *path, pl_str text, pl_error *err) PL_MUSTCHECK;

/* Opens a plain file of a folder (pl_file_within) for reading. Errors name the path; PL_EIO also for what is no plain file. */
int pl_file_open_inside(const char *folder, const char *path, int *fd, uint64_t *size, pl_error *err) PL_MUSTCHECK;

/* A new file without a name, gone when fd is closed, on a disk rather than in memory where there is one. Errors: PL_EACCES, PL_EFULL ... */
int pl_file_temporary(int *fd, pl_error *err) PL_MUSTCHECK;

/* Writes all of text at fd's place. Errors: PL_EFULL, PL_EIO ... */
int pl_file_put(int fd, pl_str text, pl_error *err) PL_MUSTCHECK;

#endif
