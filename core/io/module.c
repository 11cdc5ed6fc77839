/* Finds modules: those linked in, then shared objects. The dynamic linker keeps count and caches; nothing is kept here. */
#include "io/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* Ends with NULL. Weak: a build with linked-in modules defines it (core/build/modules.cmake). */
extern const pl_module_head *const pl_linked_modules[] __attribute__((weak, visibility("default")));

static const pl_module_head *find_linked(const char *name)
{
  for (size_t i = 0; pl_linked_modules && pl_linked_modules[i]; i++) {
    if (strcmp(pl_linked_modules[i]->name, name) == 0)
      return pl_linked_modules[i];
  }
  return NULL;
}

/* The folder of the object that holds this code, without the last slash; empty when the system does not say. */
static void own_folder(char out[PATH_MAX])
{
  static const char here = 0;
  Dl_info info;
  out[0] = '\0';
  if (!dladdr(&here, &info) || !info.dli_fname)
    return;
  const char *slash = strrchr(info.dli_fname, '/');
  if (slash && slash - info.dli_fname < PATH_MAX)
    (void)snprintf(out, PATH_MAX, "%.*s", (int)(slash - info.dli_fname), info.dli_fname);
}

int pl_module_find(const char *dir, const char *name, uint32_t abi, const pl_module_head **out, pl_error *err)
{
  const pl_module_head *head = find_linked(name);
  if (!head) {
    char folder[PATH_MAX], path[PATH_MAX + 64];
    own_folder(folder);
    (void)snprintf(path, sizeof path, "%s%s/%s.so", dir ? dir : folder, dir ? "" : "/perilune", name);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
      return pl_fail(err, PL_ENOENT, "module %s: %s; is it installed?", name, dlerror());
    head = dlsym(object, PL_MODULE_ENTRY);
    if (!head)
      return pl_fail(err, PL_EVERSION, "module %s: %s is no module of Perilune", name, path);
  }
  if (head->abi != abi || strcmp(head->name, name) != 0)
    return pl_fail(err, PL_EVERSION, "module %s: made for another version of Perilune (%u, not %u); install both from one build", name,
                   head->abi, abi);
  *out = head;
  return PL_OK;
}
