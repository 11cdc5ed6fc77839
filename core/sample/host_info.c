/* See host_info.h. */
#include "sample/host_info.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "io/usage.h"
#include "sample/procfile.h"

void pl_host_name(char *out, size_t size)
{
  if (gethostname(out, size) != 0)
    snprintf(out, size, "localhost");
  out[size - 1] = '\0';
}

/* The value behind the first line that begins with key and then separator. */
static void find_line(const pl_allocator *a, const char *root, const char *path, const char *key, char separator, char *out, size_t size)
{
  pl_procfile f;
  if (pl_procfile_open(&f, a, root, path))
    return;
  pl_str text = pl_procfile_read(&f), line;
  while ((line = pl_line_next(&text)).data) {
    if (!pl_str_starts(line, pl_str_of(key)))
      continue;
    (void)pl_str_cut(&line, separator);
    pl_str value = pl_str_trim(line);
    if (value.len >= 2 && value.data[0] == '"')
      value = (pl_str){value.data + 1, value.len - 2};
    (void)pl_copy(out, size, value);
    break;
  }
  pl_procfile_close(&f);
}

void pl_host_info_read(const pl_allocator *a, pl_host_info *out)
{
  struct utsname u;
  *out = (pl_host_info){0};
  pl_host_name(out->hostname, sizeof out->hostname);
  if (uname(&u) == 0) {
    snprintf(out->kernel, sizeof out->kernel, "%s %s", u.sysname, u.release);
    snprintf(out->arch, sizeof out->arch, "%s", u.machine);
  }
  find_line(a, "/proc", "cpuinfo", "model name", ':', out->cpu_model, sizeof out->cpu_model);
  find_line(a, "/etc", "os-release", "PRETTY_NAME", '=', out->os, sizeof out->os);
  out->cpus = pl_usable_cpus();
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    out->memory_bytes = (uint64_t)pages * (uint64_t)page;
}
