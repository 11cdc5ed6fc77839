/* Sources that are one file, or several: opening and closing are the same for all. */
#ifndef PL_SAMPLE_SINGLE_H
#define PL_SAMPLE_SINGLE_H

#include "sample/procfile.h"
#include "sample/sampler.h"

/* Opens path below proc_root; *state becomes a pl_procfile, for the source's read. piece: as there. PL_ENOENT, PL_ENOMEM. */
int pl_single_open(pl_sampler *s, const char *path, int piece, void **state, pl_error *err) PL_MUSTCHECK;
/* Closes and frees what pl_single_open gave. */
void pl_single_close(pl_sampler *s, void *state);

enum { PL_SEVERAL = 8 };

/* Files of which some may be missing: those are not open and read as empty. */
typedef struct pl_several {
  pl_procfile file[PL_SEVERAL];
} pl_several;

/* Opens n paths below proc_root, with one piece; *state becomes a pl_several. PL_ENOENT (there is none of them), PL_ENOMEM. */
int pl_several_open(pl_sampler *s, const char *const *paths, size_t n, int piece, void **state, pl_error *err) PL_MUSTCHECK;
/* Closes and frees what pl_several_open gave. */
void pl_several_close(pl_sampler *s, void *state);

#endif
