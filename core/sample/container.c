/* See container.h. Runtimes name their groups by their own rules; the number of a container has 32 hexadecimal digits or more. */
#include "sample/container.h"

#include <string.h>

#include "sample/procfile.h"

enum { DIGITS = 32, SHORT = 12 };

/* Scopes of systemd: a prefix, the number, ".scope". */
static const struct {
  const char *prefix, *runtime;
} scopes[] = {{"docker-", "docker"}, {"cri-containerd-", "containerd"}, {"nerdctl-", "containerd"}, {"crio-", "cri-o"}, {"libpod-", "podman"}};

static size_t digits_at(pl_str s)
{
  size_t n = 0;
  while (n < s.len && pl_hex_digit(s.data[n]) >= 0)
    n++;
  return n;
}

static pl_str behind(pl_str s, size_t n)
{
  return (pl_str){s.data + n, s.len - n};
}

/* The number at the front of a name, all of it but an end; short. */
static bool take_number(pl_str s, pl_str end, pl_container *out)
{
  size_t n = digits_at(s);
  if (n < DIGITS || n + end.len != s.len || !pl_str_ends(s, end))
    return false;
  (void)pl_copy(out->name, SHORT + 1, s);
  return true;
}

static bool take_scope(pl_str last, pl_container *out)
{
  for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
    pl_str prefix = pl_str_of(scopes[i].prefix);
    out->runtime = scopes[i].runtime;
    if (pl_str_starts(last, prefix) && take_number(behind(last, prefix.len), PL_STR(".scope"), out))
      return true;
  }
  return false;
}

/* Without systemd the number is the folder, and the folder above tells whose it is. */
static bool take_folder(pl_str above, pl_str last, pl_container *out)
{
  if (!take_number(last, PL_STR(""), out))
    return false;
  out->runtime = pl_str_ends(above, PL_STR("/docker")) ? "docker" : pl_field_holds(above, "kubepods") ? "kubernetes" : pl_field_holds(above, "libpod") ? "podman" : "other";
  return true;
}

/* Those that are called by a name. */
static bool take_named(pl_str above, pl_str last, pl_container *out)
{
  pl_str name = {NULL, 0};
  out->runtime = "lxc";
  if (pl_str_starts(last, PL_STR("lxc.payload.")))
    name = behind(last, 12);
  else if (pl_str_ends(above, PL_STR("/lxc")) || pl_str_ends(above, PL_STR("/lxc.payload")))
    name = last;
  else if (pl_str_ends(above, PL_STR("/machine.slice")) && pl_str_starts(last, PL_STR("systemd-nspawn@")) && pl_str_ends(last, PL_STR(".service"))) {
    out->runtime = "nspawn";
    name = (pl_str){last.data + 15, last.len - 15 - 8};
  }
  return name.len && pl_copy(out->name, sizeof out->name, name);
}

/* ".../kubepods-burstable-pod0f_1a.slice/..." or ".../pod0f-1a/..." */
static void find_pod(pl_str above, pl_container *out)
{
  const char *pod = NULL;
  for (pl_str rest = above; rest.len > 4 && (pod = memmem(rest.data, rest.len, "pod", 3));) {
    pl_str uid = {pod + 3, above.len - (size_t)(pod + 3 - above.data)};
    size_t n = 0;
    while (n < uid.len && (pl_hex_digit(uid.data[n]) >= 0 || uid.data[n] == '_' || uid.data[n] == '-'))
      n++;
    if (n >= 32 && pl_copy(out->pod, sizeof out->pod, (pl_str){uid.data, n})) {
      for (char *at = out->pod; (at = strchr(at, '_'));)
        *at = '-';
      return;
    }
    rest = uid;
  }
}

bool pl_container_of(pl_str path, pl_container *out)
{
  const char *slash = path.len ? memrchr(path.data, '/', path.len) : NULL;
  if (!slash)
    return false;
  pl_str above = {path.data, (size_t)(slash - path.data)}, last = behind(path, above.len + 1);
  *out = (pl_container){.runtime = ""};
  if (!take_scope(last, out) && !take_folder(above, last, out) && !take_named(above, last, out))
    return false;
  find_pod(above, out);
  return true;
}

bool pl_unit_of(pl_str path, pl_container *out)
{
  const char *slash = path.len ? memrchr(path.data, '/', path.len) : NULL;
  if (!slash || pl_container_of(path, out))
    return false;
  *out = (pl_container){.runtime = "systemd"};
  pl_str last = behind(path, (size_t)(slash + 1 - path.data));
  return (pl_str_ends(last, PL_STR(".service")) || pl_str_ends(last, PL_STR(".scope"))) && pl_copy(out->name, sizeof out->name, last);
}
