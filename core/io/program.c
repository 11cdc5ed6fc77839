/* See program.h. */
#include "io/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

int pl_program_start(char *const argv[], pid_t *pid, pl_error *err)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  pid_t started;
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
    failed = posix_spawnp(&started, argv[0], &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
free_actions:
  posix_spawn_file_actions_destroy(&actions);
  if (failed)
    return pl_fail_sys(err, pl_code_of_errno(failed), failed, "start %s", argv[0]);
  if (pid)
    *pid = started;
  return PL_OK;
}

bool pl_program_ended(pid_t pid, int *exit_code)
{
  int status;
  pid_t ended = waitpid(pid, &status, WNOHANG);
  if (ended == 0)
    return false;
  *exit_code = ended == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return true;
}

bool pl_program_wait(pid_t pid, int limit_ms, int *exit_code)
{
  struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};
  if (ended.fd >= 0) {
    while (poll(&ended, 1, limit_ms) < 0 && errno == EINTR)
      ;
    close(ended.fd);
  }
  return pl_program_ended(pid, exit_code);
}
