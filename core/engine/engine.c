/* Engines: options with their defaults, host functions. No thread, no file: those come with a run. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "engine/run.h"

void pl_options_init(pl_options *o, size_t size)
{
  size_t known = size < sizeof *o ? size : sizeof *o;
  pl_options defaults = {
      .size = known,
      .script_memory_max = (size_t)256 << 20,
      .script_slice_ns = 10 * PL_S_NS,
  };
  memset(o, 0, size);
  memcpy(o, &defaults, known);
}

/* Copies a string of the options; NULL stays NULL. *out is untouched on failure. */
static int copy_text(const pl_allocator *a, const char *text, const char **out)
{
  if (!text)
    return PL_OK;
  char *copy = pl_strdup(a, text);
  if (!copy)
    return PL_ENOMEM;
  *out = copy;
  return PL_OK;
}

static void free_text(const pl_allocator *a, const char *text)
{
  union {
    const char *borrowed;
    char *owned;
  } p = {text};
  pl_strfree(a, p.owned);
}

static int copy_hosts(const pl_allocator *a, const pl_options *from, pl_options *o)
{
  const char **hosts = pl_alloc_zero(a, from->n_trusted_hosts, sizeof *hosts);
  if (!hosts)
    return PL_ENOMEM;
  o->trusted_hosts = hosts;
  for (size_t i = 0; i < from->n_trusted_hosts; i++) {
    if (copy_text(a, from->trusted_hosts[i], &hosts[i]))
      return PL_ENOMEM;
  }
  return PL_OK;
}

static int copy_settings(const pl_allocator *a, const pl_options *from, pl_options *o)
{
  pl_pair *pairs = pl_alloc_zero(a, from->n_settings, sizeof *pairs);
  if (!pairs)
    return PL_ENOMEM;
  o->settings = pairs;
  for (size_t i = 0; i < from->n_settings; i++) {
    if (copy_text(a, from->settings[i].name, &pairs[i].name) || copy_text(a, from->settings[i].value, &pairs[i].value))
      return PL_ENOMEM;
  }
  return PL_OK;
}

/* Replaces every borrowed pointer of the engine's options by a copy. After a failure those that were not reached are NULL: nothing of
 * the host's is left. */
static int own_options(pl_engine *e)
{
  const pl_allocator *a = &e->allocator;
  const pl_options from = e->options;
  pl_options *o = &e->options;
  o->db_path = o->policy_path = o->lua_dir = o->module_dir = NULL;
  o->trusted_hosts = NULL;
  o->settings = NULL;
  if (copy_text(a, from.db_path, &o->db_path) || copy_text(a, from.policy_path, &o->policy_path) ||
      copy_text(a, from.lua_dir, &o->lua_dir) || copy_text(a, from.module_dir, &o->module_dir))
    return PL_ENOMEM;
  if (from.n_trusted_hosts && copy_hosts(a, &from, o))
    return PL_ENOMEM;
  return from.n_settings ? copy_settings(a, &from, o) : PL_OK;
}

int pl_engine_new(const pl_options *o, pl_engine **out, pl_error *err)
{
  pl_error_clear(err);
  if (!o || o->size == 0)
    return pl_fail(err, PL_EINVAL, "options were not initialised: call pl_options_init first");
  const pl_allocator *a = o->allocator.fn ? &o->allocator : &pl_alloc_default;
  pl_engine *e = pl_alloc_zero(a, 1, sizeof *e);
  if (!e)
    return pl_fail(err, PL_ENOMEM, "out of memory for an engine");
  e->allocator = *a;
  uv_mutex_init(&e->control_lock);
  pl_options_init(&e->options, sizeof e->options);
  memcpy(&e->options, o, o->size < sizeof *o ? o->size : sizeof *o);
  e->clock = pl_clock_system;
  e->log = (pl_log){o->log, o->user, PL_LOG_DEBUG};
  if (own_options(e)) {
    pl_engine_free(e);
    return pl_fail(err, PL_ENOMEM, "out of memory for an engine");
  }
  *out = e;
  return PL_OK;
}

void pl_engine_free(pl_engine *e)
{
  if (!e)
    return;
  const pl_allocator allocator = e->allocator;
  pl_options *o = &e->options;
  free_text(&allocator, o->db_path);
  free_text(&allocator, o->policy_path);
  free_text(&allocator, o->lua_dir);
  free_text(&allocator, o->module_dir);
  for (size_t i = 0; i < o->n_trusted_hosts && o->trusted_hosts; i++)
    free_text(&allocator, o->trusted_hosts[i]);
  for (size_t i = 0; i < o->n_settings && o->settings; i++) {
    free_text(&allocator, o->settings[i].name);
    free_text(&allocator, o->settings[i].value);
  }
  union {
    const void *borrowed;
    void *owned;
  } hosts = {o->trusted_hosts}, settings = {o->settings};
  pl_free(&allocator, hosts.owned, o->n_trusted_hosts * sizeof *o->trusted_hosts);
  pl_free(&allocator, settings.owned, o->n_settings * sizeof *o->settings);
  uv_mutex_destroy(&e->control_lock);
  pl_free(&allocator, e, sizeof *e);
}

static bool is_function_name(const char *name)
{
  size_t n = strlen(name);
  if (n == 0 || n > 63 || (name[0] >= '0' && name[0] <= '9'))
    return false;
  return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

int pl_register(pl_engine *e, const char *name, pl_host_fn fn, void *user, pl_error *err)
{
  pl_error_clear(err);
  if (!fn || !is_function_name(name))
    return pl_fail(err, PL_EINVAL, "\"%s\" is no name for a host function: write [a-z_][a-z0-9_]*, at most 63 bytes", name);
  for (size_t i = 0; i < e->n_functions; i++) {
    if (strcmp(e->functions[i].name, name) == 0)
      return pl_fail(err, PL_EEXIST, "host function \"%s\" is registered already", name);
  }
  if (e->n_functions == PL_HOST_FUNCTIONS)
    return pl_fail(err, PL_ELIMIT, "too many host functions: at most %d an engine", PL_HOST_FUNCTIONS);
  pl_host_function *f = &e->functions[e->n_functions++];
  *f = (pl_host_function){.fn = fn, .user = user};
  pl_copy(f->name, sizeof f->name, pl_str_of(name));
  return PL_OK;
}
