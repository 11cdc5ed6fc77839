/* Mounted file systems: /proc/self/mounts names them, statvfs fills in. That file is long and seldom changes: poll(2) tells when it did.
 * Those of the kernel itself are left out (node_exporter's default), and those whose server may be gone: asking about them could take for
 * ever. */
#include <poll.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { PATH_SIZE = 1024 };

typedef struct filesystems {
  pl_procfile mounts;
  pl_str text; /* of it, when it was last read */
} filesystems;

static int filesystem_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  filesystems *f = pl_alloc_zero(o->alloc, 1, sizeof *f);
  if (!f)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  int code = pl_procfile_open(&f->mounts, o->alloc, o->proc_root, "self/mounts");
  if (code) {
    pl_free(o->alloc, f, sizeof *f);
    return pl_procfile_fail(err, code, o->proc_root, "self/mounts");
  }
  *state = f;
  return PL_OK;
}

static void filesystem_close(pl_sampler *s, void *state)
{
  filesystems *f = state;
  pl_procfile_close(&f->mounts);
  pl_free(pl_sampler_options_of(s)->alloc, f, sizeof *f);
}

/* What is mounted now. */
static pl_str mounts_of(const pl_sampler *s, filesystems *f)
{
  struct pollfd changed = {.fd = f->mounts.fd, .events = POLLPRI};
  bool polled = poll(&changed, 1, 0) > 0;
  if (!f->text.data || polled || pl_sampler_scans(s))
    f->text = pl_procfile_read(&f->mounts);
  return f->text;
}

static bool is_left_out(pl_str mount, pl_str type)
{
  static const char *const places[] = {"/dev", "/proc", "/run", "/sys", "/mnt", "/media", "/var/lib/docker", "/var/lib/containers/storage"};
  if (pl_field_among(type, "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs fusectl hugetlbfs iso9660 mqueue nsfs overlay "
                     "proc procfs pstore rpc_pipefs securityfs selinuxfs squashfs sysfs tracefs") ||
      pl_field_among(type, "nfs nfs4 cifs smb3 smbfs afs ceph 9p glusterfs lustre ncpfs") || pl_str_starts(type, PL_STR("fuse.")))
    return true;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    size_t n = strlen(places[i]);
    if (pl_str_starts(mount, pl_str_of(places[i])) && (mount.len == n || mount.data[n] == '/'))
      return true;
  }
  return false;
}

static int octal(const char *at)
{
  int v = 0;
  for (int i = 0; i < 3; i++) {
    if (at[i] < '0' || at[i] > '7')
      return -1;
    v = v * 8 + (at[i] - '0');
  }
  return v;
}

/* A mount point with its blanks, which stand as \040; empty when it is too long. */
static pl_str plain(pl_str word, char out[PATH_SIZE])
{
  size_t n = 0;
  for (size_t i = 0; i < word.len; i++) {
    int c = word.data[i] == '\\' && i + 3 < word.len ? octal(word.data + i + 1) : -1;
    if (n + 1 >= PATH_SIZE)
      return (pl_str){"", 0};
    out[n++] = c >= 0 ? (char)c : word.data[i];
    i += c >= 0 ? 3 : 0;
  }
  out[n] = '\0';
  return (pl_str){out, n};
}

static bool is_read_only(pl_str options)
{
  while (options.data) {
    if (pl_str_eqc(pl_str_cut(&options, ','), "ro"))
      return true;
  }
  return false;
}

static void emit_mount(pl_sampler *s, pl_str device, pl_str type, pl_str mount, bool read_only)
{
  const pl_sample_label labels[] = {{"device", device}, {"fstype", type}, {"mountpoint", mount}};
  struct statvfs v;
  bool failed = statvfs(mount.data, &v) != 0;
  double block = failed ? 0 : (double)v.f_frsize;
  const struct {
    const char *metric;
    double value;
  } list[] = {
      {"node_filesystem_device_error", failed},
      {"node_filesystem_readonly", read_only},
      {"node_filesystem_size_bytes", failed ? 0 : (double)v.f_blocks * block},
      {"node_filesystem_free_bytes", failed ? 0 : (double)v.f_bfree * block},
      {"node_filesystem_avail_bytes", failed ? 0 : (double)v.f_bavail * block},
      {"node_filesystem_files", failed ? 0 : (double)v.f_files},
      {"node_filesystem_files_free", failed ? 0 : (double)v.f_ffree},
  };
  for (size_t i = 0; i < (failed ? 2 : sizeof list / sizeof *list); i++)
    pl_sampler_emit(s, &(pl_emit){.name = list[i].metric, .labels = labels, .n_labels = 3}, list[i].value);
}

static void filesystem_read(pl_sampler *s, void *state)
{
  char path[PATH_SIZE];
  pl_str text = mounts_of(s, state), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str device = pl_field_next(&line), mount = plain(pl_field_next(&line), path), type = pl_field_next(&line);
    if (mount.len && !is_left_out(mount, type))
      emit_mount(s, device, type, mount, is_read_only(pl_field_next(&line)));
  }
}

const pl_source pl_source_filesystem = {"/proc/self/mounts", filesystem_open, filesystem_read, filesystem_close};
