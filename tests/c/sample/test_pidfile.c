/* /proc/PID/stat of proc(5): names with parentheses, texts that are none, and this process itself. */
#include "sample/pidfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "support/failing.h"
#include "support/temporary.h"

/* Field 4 is the parent, 14 and 15 ticks, 20 threads, 22 the start, 23 and 24 memory. */
#define NUMBERS " S 41 2 3 4 -1 4194560 9 0 0 0 250 150 0 0 20 0 6 0 987654321 8192000 300 184467440737095516 1 1"

static void the_fields_of_proc_5(void **state)
{
  pl_pid_stat s;
  (void)state;
  assert_true(pl_pid_stat_parse(PL_STR("42 (nginx)" NUMBERS "\n"), &s));
  assert_string_equal(s.name, "nginx");
  assert_int_equal(s.parent, 41);
  assert_true(s.cpu_s == 4.0);
  assert_int_equal(s.threads, 6);
  assert_int_equal(s.start_ticks, 987654321);
  assert_int_equal(s.virtual_bytes, 8192000);
  assert_int_equal(s.resident_bytes, 300 * sysconf(_SC_PAGESIZE));
}

static void a_name_may_hold_anything(void **state)
{
  pl_pid_stat s;
  (void)state;
  assert_true(pl_pid_stat_parse(PL_STR("42 (a) S 1 (b) )" NUMBERS), &s));
  assert_string_equal(s.name, "a) S 1 (b) ");
  assert_int_equal(s.parent, 41);
  assert_true(pl_pid_stat_parse(PL_STR("42 (a name that is much longer than the kernel's)" NUMBERS), &s));
  assert_int_equal(strlen(s.name), sizeof s.name - 1);
}

static void a_text_that_is_none(void **state)
{
  static const char *const texts[] = {"", "42", "42 (nginx", "42 )nginx(", "42 (nginx)", "42 (nginx) S 1 2 3"};
  pl_pid_stat s;
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_false(pl_pid_stat_parse(pl_str_of(texts[i]), &s));
  assert_false(pl_pid_stat_parse((pl_str){NULL, 0}, &s));
}

static void this_process(void **state)
{
  pl_pid_stat s;
  (void)state;
  assert_true(pl_pid_stat_read("/proc", getpid(), &s));
  assert_int_equal(s.parent, getppid());
  assert_memory_equal(s.name, "test_sample_pid", 15); /* the kernel keeps 15 characters */
  assert_true(s.threads >= 1 && s.resident_bytes > 0 && s.virtual_bytes >= s.resident_bytes);
  assert_false(pl_pid_stat_read("/proc", INT64_C(4194305), &s)); /* above the kernel's highest pid */
}

static void open_descriptors_are_counted(void **state)
{
  (void)state;
  unsigned before = pl_pid_fds("/proc", getpid());
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(pl_pid_fds("/proc", getpid()), before + 1);
  close(fd);
  assert_int_equal(pl_pid_fds("/proc", INT64_C(4194305)), 0); /* above the kernel's highest pid */
}

/* The size of such a folder tells nothing. */
static void descriptors_of_a_copy_of_proc_are_counted(void **state)
{
  temporary t;
  (void)state;
  temporary_open(&t);
  temporary_put(&t, "7/fd/0", "");
  temporary_put(&t, "7/fd/1", "");
  assert_int_equal(pl_pid_fds(t.folder, 7), 2);
  temporary_close(&t);
}

typedef struct seen {
  unsigned n, most;
  int64_t sum;
} seen;

static bool note(void *user, int64_t pid)
{
  seen *s = user;
  s->sum += pid;
  return ++s->n < s->most;
}

static void processes_are_the_folders_with_numbers(void **state)
{
  temporary t;
  seen all = {.most = 10}, first = {.most = 1}, none = {.most = 10};
  (void)state;
  temporary_open(&t);
  temporary_put(&t, "1/stat", "");
  temporary_put(&t, "20/stat", "");
  temporary_put(&t, "self/stat", "");
  temporary_put(&t, "3x/stat", "");
  pl_pid_each(t.folder, note, &all);
  assert_true(all.n == 2 && all.sum == 21);
  pl_pid_each(t.folder, note, &first);
  assert_int_equal(first.n, 1);
  temporary_close(&t);
  pl_pid_each(t.folder, note, &none);
  assert_int_equal(none.n, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_fields_of_proc_5),  cmocka_unit_test(a_name_may_hold_anything),
                                     cmocka_unit_test(a_text_that_is_none),   cmocka_unit_test(this_process),
                                     cmocka_unit_test(open_descriptors_are_counted),
                                     cmocka_unit_test(descriptors_of_a_copy_of_proc_are_counted),   cmocka_unit_test(processes_are_the_folders_with_numbers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
