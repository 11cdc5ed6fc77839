/* What runtimes call the groups of their containers. */
#include "sample/container.h"

#include "support/failing.h"

#define NUMBER "4f0e1d2c3b4a59687786950413223140f1e2d3c4b5a69788796a5b4c3d2e1f00"

static void is(const char *path, const char *runtime, const char *name, const char *pod)
{
  pl_container c;
  if (!pl_container_of(pl_str_of(path), &c))
    fail_msg("%s is no container", path);
  assert_string_equal(c.runtime, runtime);
  assert_string_equal(c.name, name);
  assert_string_equal(c.pod, pod);
}

static void names_of_runtimes(void **state)
{
  (void)state;
  is("/docker/" NUMBER, "docker", "4f0e1d2c3b4a", "");
  is("/system.slice/docker-" NUMBER ".scope", "docker", "4f0e1d2c3b4a", "");
  is("/machine.slice/libpod-" NUMBER ".scope", "podman", "4f0e1d2c3b4a", "");
  is("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_0011_2233_4455_66778899aabb.slice/cri-containerd-" NUMBER ".scope", "containerd",
     "4f0e1d2c3b4a", "0a1b2c3d-0011-2233-4455-66778899aabb");
  is("/kubepods/besteffort/pod0a1b2c3d-0011-2233-4455-66778899aabb/" NUMBER, "kubernetes", "4f0e1d2c3b4a", "0a1b2c3d-0011-2233-4455-66778899aabb");
  is("/kubepods.slice/crio-" NUMBER ".scope", "cri-o", "4f0e1d2c3b4a", "");
  is("/lxc.payload.shop", "lxc", "shop", "");
  is("/lxc/shop", "lxc", "shop", "");
  is("/machine.slice/systemd-nspawn@web.service", "nspawn", "web", "");
  is("/process_api/eb657870579098c5246297e6636ed3cb", "other", "eb6578705790", "");
}

static void what_is_none(void **state)
{
  static const char *const paths[] = {"", "/", "/system.slice/nginx.service", "/user.slice/user-1000.slice/session-2.scope", "/system.slice/docker.service",
                                      "/machine.slice/libpod-conmon-" NUMBER ".scope", "/docker/cafe", "docker-" NUMBER ".scope",
                                      "/system.slice/docker-" NUMBER ".scopes"};
  pl_container c;
  (void)state;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    if (pl_container_of(pl_str_of(paths[i]), &c))
      fail_msg("%s is a container of %s", paths[i], c.runtime);
  }
}

static void units_of_systemd(void **state)
{
  pl_container c;
  (void)state;
  assert_true(pl_unit_of(PL_STR("/system.slice/nginx.service"), &c));
  assert_string_equal(c.name, "nginx.service");
  assert_string_equal(c.runtime, "systemd");
  assert_true(pl_unit_of(PL_STR("/user.slice/user-0.slice/session-1.scope"), &c));
  assert_false(pl_unit_of(PL_STR("/system.slice"), &c));
  assert_false(pl_unit_of(PL_STR("nginx.service"), &c));
  assert_false(pl_unit_of(PL_STR("/system.slice/docker-" NUMBER ".scope"), &c));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(units_of_systemd), cmocka_unit_test(names_of_runtimes), cmocka_unit_test(what_is_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
