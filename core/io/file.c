/* Whole files with open, read, write, rename. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static int read_all(int fd, pl_buf *out)
{
  enum { STEP = 64 << 10 };
  for (;;) {
    char step[STEP];
    ssize_t n = read(fd, step, sizeof step);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? PL_EIO : PL_OK;
    int code = pl_buf_add(out, step, (size_t)n);
    if (code)
      return code;
  }
}

int pl_file_read(const char *path, pl_buf *out, pl_error *err)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "read %s", path);
  errno = 0;
  int code = read_all(fd, out);
  int saved = errno;
  close(fd);
  if (code == PL_ELIMIT)
    return pl_fail(err, code, "read %s: larger than %zu bytes", path, out->max);
  if (code == PL_ENOMEM)
    return pl_fail(err, code, "read %s: out of memory", path);
  return code ? pl_fail_sys(err, code, saved, "read %s", path) : PL_OK;
}

static int write_all(int fd, pl_str text)
{
  while (text.len) {
    ssize_t n = write(fd, text.data, text.len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    text.data += n;
    text.len -= (size_t)n;
  }
  return 0;
}

/* Devices and pipes are written to; they are never replaced by a file. */
static bool is_special(const char *path)
{
  struct stat st;
  return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_special(const char *path, pl_str text, pl_error *err)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "write %s", path);
  int failed = write_all(fd, text);
  int saved = errno;
  close(fd);
  return failed ? pl_fail_sys(err, pl_code_of_errno(saved), saved, "write %s", path) : PL_OK;
}

int pl_file_writable(const char *path, pl_error *err)
{
  char folder[PATH_MAX];
  struct stat st;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
    return pl_fail(err, PL_EINVAL, "write %s: that is a folder", path);
  const char *slash = strrchr(path, '/');
  size_t len = slash ? (size_t)(slash - path) : 0;
  if (!pl_copy(folder, sizeof folder, slash ? (pl_str){path, len ? len : 1} : PL_STR(".")))
    return pl_fail(err, PL_ELIMIT, "write %s: the path is too long", path);
  if (access(is_special(path) ? path : folder, W_OK) != 0)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "write %s", path);
  return PL_OK;
}

/* Opens a new file beside path with the mode that the umask leaves of 0666; its name goes to out. -1 with errno, or PL_ELIMIT. */
static int make_temporary(const char *path, char out[PATH_MAX])
{
  enum { TRIES = 100 };
  int fd = -1;
  for (int i = 0; i < TRIES && fd < 0; i++) {
    uint32_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
      return -1;
    int n = snprintf(out, PATH_MAX, "%s.%08" PRIx32, path, random);
    if (n < 0 || n >= PATH_MAX)
      return PL_ELIMIT;
    fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno != EEXIST)
      return -1;
  }
  return fd;
}

/* realpath of path, or of its folder with its name behind when there is no such file yet. False with errno. */
static bool resolve(const char *path, char out[PATH_MAX])
{
  char folder[PATH_MAX], real[PATH_MAX];
  struct stat st;
  if (realpath(path, out))
    return true;
  const char *slash = strrchr(path, '/');
  if (errno != ENOENT || !slash || lstat(path, &st) == 0 || !pl_copy(folder, sizeof folder, (pl_str){path, (size_t)(slash - path)}))
    return false; /* a link to nowhere is no new name */
  if (!realpath(*folder ? folder : "/", real))
    return false;
  int n = snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash + 1);
  errno = ENAMETOOLONG;
  return n > 0 && n < PATH_MAX;
}

static bool climbs(const char *path)
{
  pl_str rest = pl_str_of(path);
  while (rest.data) {
    if (pl_str_eqc(pl_str_cut(&rest, '/'), ".."))
      return true;
  }
  return false;
}

int pl_file_within(const char *folder, const char *path, char out[PATH_MAX], pl_error *err)
{
  char wanted[PATH_MAX], real[PATH_MAX], root[PATH_MAX];
  int n = snprintf(wanted, sizeof wanted, "%s/%s", folder, path);
  if (path[0] == '\0' || path[0] == '/' || climbs(path))
    return pl_fail(err, PL_EPOLICY, "%s lies outside the playbook's folder", path);
  if (n < 0 || (size_t)n >= sizeof wanted)
    return pl_fail(err, PL_ELIMIT, "%s: the path is too long", path);
  if (!realpath(folder, root) || !resolve(wanted, real))
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "%s", path);
  size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);
  if (strncmp(real, root, len) != 0 || real[len] != '/')
    return pl_fail(err, PL_EPOLICY, "%s lies outside the playbook's folder", path);
  memcpy(out, real, PATH_MAX);
  return PL_OK;
}

int pl_file_write(const char *path, pl_str text, pl_error *err)
{
  char temporary[PATH_MAX];
  if (is_special(path))
    return write_special(path, text, err);
  int fd = make_temporary(path, temporary);
  if (fd == PL_ELIMIT)
    return pl_fail(err, PL_ELIMIT, "write %s: the path is too long", path);
  if (fd < 0)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "write %s", path);
  int failed = write_all(fd, text) || fsync(fd);
  int saved = errno;
  if (close(fd) && !failed) {
    failed = 1;
    saved = errno;
  }
  if (!failed && rename(temporary, path)) {
    failed = 1;
    saved = errno;
  }
  if (!failed)
    return PL_OK;
  unlink(temporary);
  return pl_fail_sys(err, pl_code_of_errno(saved), saved, "write %s", path);
}

int pl_file_append(const char *path, pl_str text, pl_error *err)
{
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "append to %s", path);
  int failed = write_all(fd, text);
  int saved = errno;
  close(fd);
  return failed ? pl_fail_sys(err, pl_code_of_errno(saved), saved, "append to %s", path) : PL_OK;
}

int pl_file_open_inside(const char *folder, const char *path, int *fd, uint64_t *size, pl_error *err)
{
  char full[PATH_MAX];
  struct stat st;
  int code = pl_file_within(folder, path, full, err);
  if (code)
    return code;
  int opened = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (opened < 0)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "open %s", path);
  if (fstat(opened, &st) != 0 || !S_ISREG(st.st_mode)) {
    close(opened);
    return pl_fail(err, PL_EIO, "%s is no plain file", path);
  }
  *fd = opened;
  *size = (uint64_t)st.st_size;
  return PL_OK;
}

int pl_file_temporary(int *fd, pl_error *err)
{
  static const char *const folders[] = {"/var/tmp", "/tmp"};
  int opened = -1;
  for (size_t i = 0; i < sizeof folders / sizeof *folders && opened < 0; i++)
    opened = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (opened < 0)
    return pl_fail_sys(err, pl_code_of_errno(errno), errno, "make a temporary file in /var/tmp or /tmp");
  *fd = opened;
  return PL_OK;
}

int pl_file_put(int fd, pl_str text, pl_error *err)
{
  return write_all(fd, text) ? pl_fail_sys(err, pl_code_of_errno(errno), errno, "write to a temporary file") : PL_OK;
}
