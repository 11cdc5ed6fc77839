/* A thread that waits for keys and says words to the run. Signals stay the main thread's; the terminal keeps them (ISIG). */
#include "keys.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static void say(pl_engine *engine, char key)
{
  static const struct {
    char key;
    const char *word;
  } all[] = {{' ', "toggle"}, {'+', "level=+10%"}, {'-', "level=-10%"}, {'s', "stop"}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    /* No load yet, or too many words wait: the key is lost. */
    if (all[i].key == key && pl_command_control(engine, all[i].word, NULL))
      return;
  }
}

static void *listen_to_keys(void *user)
{
  keys *k = user;
  struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {k->quit[0], POLLIN, 0}};
  for (;;) {
    char key;
    if (poll(fds, 2, -1) < 0)
      continue;
    if (fds[1].revents || !(fds[0].revents & POLLIN) || read(STDIN_FILENO, &key, 1) != 1)
      return NULL;
    say(k->engine, key);
  }
}

static int start(keys *k)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&k->thread, NULL, listen_to_keys, k);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed;
}

void keys_open(keys *k, pl_engine *engine)
{
  struct termios raw;
  k->on = 0;
  k->engine = engine;
  if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &k->before) || pipe(k->quit))
    return;
  raw = k->before;
  raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) || start(k)) {
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &k->before);
    close(k->quit[0]);
    close(k->quit[1]);
    return;
  }
  k->on = 1;
}

void keys_close(keys *k)
{
  if (!k->on)
    return;
  (void)!write(k->quit[1], "q", 1);
  pthread_join(k->thread, NULL);
  (void)tcsetattr(STDIN_FILENO, TCSANOW, &k->before);
  close(k->quit[0]);
  close(k->quit[1]);
  k->on = 0;
}
