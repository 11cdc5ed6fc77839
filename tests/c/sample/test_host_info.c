/* Who this machine is: as the system's own calls say it. */
#include "sample/host_info.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "support/failing.h"

static void this_machine(void **state)
{
  struct utsname u;
  pl_host_info info;
  (void)state;
  assert_int_equal(uname(&u), 0);
  pl_host_info_read(&pl_alloc_default, &info);
  assert_string_equal(info.hostname, u.nodename);
  assert_string_equal(info.arch, u.machine);
  assert_non_null(strstr(info.kernel, u.release));
  assert_true(strncmp(info.kernel, "Linux ", 6) == 0);
  assert_in_range(info.cpus, 1, sysconf(_SC_NPROCESSORS_CONF));
  assert_true(info.memory_bytes == (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
  assert_null(strchr(info.os, '"'));
  assert_null(strchr(info.cpu_model, '\n'));
}

/* What cannot be read for want of memory stays empty; the rest is there. */
static void without_memory(void **state)
{
  failing f;
  pl_host_info info;
  (void)state;
  failing_init(&f, 1);
  pl_host_info_read(&f.allocator, &info);
  assert_string_equal(info.os, "");
  assert_string_equal(info.cpu_model, "");
  assert_true(info.cpus > 0 && info.hostname[0] != '\0');
  assert_int_equal(f.live, 0);
}

/* A name that does not fit would be another machine's: "localhost" stands for it, cut and ended. */
static void a_name_without_room(void **state)
{
  char name[6] = "?????";
  (void)state;
  pl_host_name(name, 1);
  assert_string_equal(name, "");
  assert_int_equal(name[1], '?');
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(this_machine), cmocka_unit_test(without_memory), cmocka_unit_test(a_name_without_room)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
