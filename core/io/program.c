/* See program.h. */
#include "io/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include "base/error.h"

int pl_program_start(char *const argv[], pl_error *err)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t pid;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed)
    return pl_fail_sys(err, PL_ENOMEM, failed, "start %s", argv[0]);
  failed = posix_spawnattr_init(&attributes);
  if (failed)
    goto free_actions;
  failed = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && !failed; fd++)
    failed = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
  if (!failed)
    failed = posix_spawnp(&pid, argv[0], &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
free_actions:
  posix_spawn_file_actions_destroy(&actions);
  return failed ? pl_fail_sys(err, pl_code_of_errno(failed), failed, "start %s", argv[0]) : PL_OK;
}
