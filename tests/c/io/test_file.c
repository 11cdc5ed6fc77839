/* Whole files: read, replaced as a whole, appended; and the errors. */
#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/failing.h"
#include "support/temporary.h"

static void written_and_read(void **state)
{
  char folder[] = "/tmp/perilune-test-XXXXXX", path[64];
  pl_error err = {0};
  pl_buf b;
  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/a.txt", folder);
  assert_int_equal(pl_file_write(path, PL_STR("first"), &err), PL_OK);
  assert_int_equal(pl_file_write(path, PL_STR("second"), &err), PL_OK);
  assert_int_equal(pl_file_append(path, PL_STR("!"), &err), PL_OK);
  pl_buf_init(&b, &pl_alloc_default, 1000);
  assert_int_equal(pl_file_read(path, &b, &err), PL_OK);
  assert_string_equal(pl_buf_cstr(&b), "second!");
  pl_buf_fini(&b);
  pl_buf_init(&b, &pl_alloc_default, 3);
  assert_int_equal(pl_file_read(path, &b, &err), PL_ELIMIT);
  assert_non_null(strstr(err.message, path));
  pl_buf_fini(&b);
  unlink(path);
  rmdir(folder);
}

static void the_umask_decides_who_may_read(void **state)
{
  char folder[] = "/tmp/perilune-test-XXXXXX", path[64];
  struct stat info;
  pl_error err = {0};
  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/a.txt", folder);
  for (mode_t mask = 0; mask <= 0077; mask += 0077 / 3) {
    mode_t before = umask(mask);
    int code = pl_file_write(path, PL_STR("x"), &err);
    umask(before);
    assert_int_equal(code, PL_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0666 & ~mask);
  }
  unlink(path);
  assert_int_equal(rmdir(folder), 0); /* nothing else was left there */
}

static void missing_and_folders(void **state)
{
  pl_error missing = {0}, folder = {0};
  pl_buf b;
  (void)state;
  pl_buf_init(&b, &pl_alloc_default, 1000);
  assert_int_equal(pl_file_read("/nonexistent/x", &b, &missing), PL_ENOENT);
  assert_non_null(strstr(missing.message, "/nonexistent/x"));
  assert_int_equal(pl_file_read("/tmp", &b, &folder), PL_EIO);
  assert_true(pl_file_write("/nonexistent/x", PL_STR("y"), &folder) < 0);
  pl_buf_fini(&b);
}

static void what_can_be_written(void **state)
{
  char folder[] = "/tmp/perilune-test-XXXXXX", path[64];
  pl_error err = {0};
  struct stat st;
  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/a.txt", folder);
  assert_int_equal(pl_file_writable(path, &err), PL_OK);
  assert_true(access(path, F_OK) != 0);
  assert_int_equal(pl_file_writable("a.txt", &err), PL_OK);
  assert_int_equal(pl_file_writable("/nonexistent/x", &err), PL_ENOENT);
  err = (pl_error){0};
  assert_int_equal(pl_file_writable(folder, &err), PL_EINVAL);
  err = (pl_error){0};
  assert_int_equal(pl_file_write("/dev/null", PL_STR("y"), &err), PL_OK); /* and it is still a device */
  assert_int_equal(stat("/dev/null", &st), 0);
  assert_true(S_ISCHR(st.st_mode));
  assert_int_equal(pl_file_write("/dev/full", PL_STR("y"), &err), PL_EFULL);
  rmdir(folder);
}

static void what_lies_in_a_folder(void **state)
{
  char folder[] = "/tmp/perilune-test-XXXXXX", path[96], out[PATH_MAX];
  pl_error err = {0};
  (void)state;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/a.txt", folder);
  assert_int_equal(pl_file_write(path, PL_STR("x"), &err), PL_OK);
  assert_int_equal(pl_file_within(folder, "a.txt", out, &err), PL_OK);
  assert_string_equal(out, path);
  assert_int_equal(pl_file_within(folder, "./new.txt", out, &err), PL_OK);
  static const char *const outside[] = {"../x", "/etc/passwd", "", "link", "dangling", "folder/passwd", "folder/new"};
  (void)snprintf(path, sizeof path, "%s/link", folder);
  assert_int_equal(symlink("/etc/passwd", path), 0);
  (void)snprintf(path, sizeof path, "%s/dangling", folder);
  assert_int_equal(symlink("/nonexistent/x", path), 0);
  (void)snprintf(path, sizeof path, "%s/folder", folder);
  assert_int_equal(symlink("/etc", path), 0);
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
    err = (pl_error){0};
    assert_true(pl_file_within(folder, outside[i], out, &err) < 0);
    assert_true(err.code == PL_EPOLICY || i == 4);
  }
  err = (pl_error){0};
  assert_int_equal(pl_file_within(folder, "no/such", out, &err), PL_ENOENT);
  char longest[PATH_MAX];
  memset(longest, 'n', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  err = (pl_error){0};
  assert_int_equal(pl_file_within(folder, longest, out, &err), PL_ELIMIT);
  static const char *const made[] = {"a.txt", "link", "dangling", "folder"};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, made[i]);
    unlink(path);
  }
  rmdir(folder);
}

/* A file below a folder; nothing beside it, and no way out by links. */
static void only_what_lies_inside_is_opened(void **state)
{
  temporary t;
  char path[128], outside[128];
  int fd = -1;
  uint64_t size = 0;
  pl_error err = {0};
  (void)state;
  temporary_open(&t);
  (void)temporary_file(&t, "in/a/b.txt", "12345", path, sizeof path);
  (void)temporary_file(&t, "in/folder/x", "", path, sizeof path);
  (void)temporary_file(&t, "inside.txt", "beside", outside, sizeof outside);
  (void)snprintf(path, sizeof path, "%s/in/link", t.folder);
  assert_int_equal(symlink(outside, path), 0);
  (void)snprintf(path, sizeof path, "%s/in", t.folder);
  assert_int_equal(pl_file_open_inside(path, "a/b.txt", &fd, &size, &err), PL_OK);
  assert_int_equal(size, 5);
  close(fd);
  assert_int_equal(pl_file_open_inside(path, "../inside.txt", &fd, &size, &err), PL_EPOLICY);
  assert_int_equal(pl_file_open_inside(path, "link", &fd, &size, &err), PL_EPOLICY);
  assert_int_equal(pl_file_open_inside(path, outside, &fd, &size, &err), PL_EPOLICY);
  assert_int_equal(pl_file_open_inside(path, "none", &fd, &size, &err), PL_ENOENT);
  assert_int_equal(pl_file_open_inside(path, "folder", &fd, &size, &err), PL_EIO);
  temporary_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(written_and_read), cmocka_unit_test(missing_and_folders),
                                     cmocka_unit_test(what_can_be_written), cmocka_unit_test(what_lies_in_a_folder),
                                     cmocka_unit_test(only_what_lies_inside_is_opened),
                                     cmocka_unit_test(the_umask_decides_who_may_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
