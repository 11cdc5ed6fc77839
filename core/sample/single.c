/* See single.h. */
#include "sample/single.h"

#include "base/error.h"

int pl_single_open(pl_sampler *s, const char *path, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  pl_procfile *f = pl_alloc_zero(o->alloc, 1, sizeof *f);
  if (!f)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  int code = pl_procfile_open(f, o->alloc, o->proc_root, path);
  if (code) {
    pl_free(o->alloc, f, sizeof *f);
    return pl_fail(err, code, code == PL_ELIMIT ? "no descriptor is left for %s/%s (see ulimit -n)" : "there is no %s/%s", o->proc_root, path);
  }
  *state = f;
  return PL_OK;
}

void pl_single_close(pl_sampler *s, void *state)
{
  pl_procfile_close(state);
  pl_free(pl_sampler_options_of(s)->alloc, state, sizeof(pl_procfile));
}
