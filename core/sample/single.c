/* See single.h. */
#include "sample/single.h"

#include "base/error.h"

int pl_single_open(pl_sampler *s, const char *path, int piece, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  pl_procfile *f = pl_alloc_zero(o->alloc, 1, sizeof *f);
  if (!f)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  int code = pl_procfile_open(f, o->alloc, o->proc_root, path);
  if (code) {
    pl_free(o->alloc, f, sizeof *f);
    return pl_procfile_fail(err, code, o->proc_root, path);
  }
  f->piece = piece;
  *state = f;
  return PL_OK;
}

void pl_single_close(pl_sampler *s, void *state)
{
  pl_procfile_close(state);
  pl_free(pl_sampler_options_of(s)->alloc, state, sizeof(pl_procfile));
}

int pl_several_open(pl_sampler *s, const char *const *paths, size_t n, int piece, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  pl_several *files = pl_alloc_zero(o->alloc, 1, sizeof *files);
  int code = PL_ENOENT;
  if (!files)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  for (size_t i = 0; i < PL_SEVERAL; i++)
    files->file[i].fd = -1;
  for (size_t i = 0; i < n && code != PL_ENOMEM; i++) {
    int opened = pl_procfile_open(&files->file[i], o->alloc, o->proc_root, paths[i]);
    files->file[i].piece = piece;
    if (opened == PL_ENOMEM || code != PL_OK)
      code = opened;
  }
  if (!code) {
    *state = files;
    return PL_OK;
  }
  pl_several_close(s, files);
  return pl_procfile_fail(err, code, o->proc_root, paths[0]);
}

void pl_several_close(pl_sampler *s, void *state)
{
  pl_several *files = state;
  for (size_t i = 0; i < PL_SEVERAL; i++)
    pl_procfile_close(&files->file[i]);
  pl_free(pl_sampler_options_of(s)->alloc, files, sizeof *files);
}
