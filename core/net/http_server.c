/* See http_server.h. An epoll descriptor is readable when one of those that it watches is, so that one poll serves all connections. */
#include "net/http_server.h"

#include "base/error.h"

struct pl_http_server {
  const pl_allocator *alloc;
  const pl_httpd_module *module;
  void *httpd;
  uv_poll_t poll;
  uv_timer_t timer;
  bool (*turned)(void *user);
  void *user;
  unsigned handles; /* open */
  bool turning;     /* a turn runs */
};

static void on_timer(uv_timer_t *timer);

/* What is answered inside `turned` is sent by a further turn, in which more requests may come. */
static void turn(pl_http_server *s)
{
  int due_ms;
  s->turning = true;
  do {
    due_ms = s->module->turn(s->httpd);
  } while (s->turned && s->turned(s->user));
  s->turning = false;
  (void)uv_timer_stop(&s->timer);
  if (due_ms >= 0)
    (void)uv_timer_start(&s->timer, on_timer, (uint64_t)due_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
  turn(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
  (void)status, (void)events;
  turn(poll->data);
}

static void on_closed(uv_handle_t *handle)
{
  pl_http_server *s = handle->data;
  if (--s->handles == 0)
    pl_free(s->alloc, s, sizeof *s);
}

/* Neither handle keeps the loop alive: a server is part of something that does. */
static int watch(pl_http_server *s, uv_loop_t *loop)
{
  int code = uv_timer_init(loop, &s->timer);
  if (!code) {
    s->timer.data = s;
    s->handles++;
    uv_unref((uv_handle_t *)&s->timer);
    code = uv_poll_init(loop, &s->poll, s->module->fd(s->httpd));
  }
  if (!code) {
    s->poll.data = s;
    s->handles++;
    uv_unref((uv_handle_t *)&s->poll);
    code = uv_poll_start(&s->poll, UV_READABLE, on_readable);
  }
  return code;
}

static int open_server(pl_http_server *s, const pl_httpd_options *o, uv_loop_t *loop, const char *module, const char *module_dir, pl_error *err)
{
  const pl_module_head *head;
  char where[PL_ADDRESS_TEXT];
  int code = pl_module_find(module_dir, module, PL_HTTPD_ABI, &head, err);
  if (code)
    return code;
  s->module = (const pl_httpd_module *)head;
  code = s->module->open(o, &s->httpd, err);
  if (code) {
    pl_address_text(&o->address, where, sizeof where);
    return pl_fail_in(err, "%s", where);
  }
  int uv = watch(s, loop);
  return uv ? pl_fail(err, PL_EIO, "server: %s", uv_strerror(uv)) : PL_OK;
}

int pl_http_server_open(const pl_httpd_options *o, uv_loop_t *loop, const char *module, const char *module_dir, bool (*turned)(void *user),
                        pl_http_server **out, pl_error *err)
{
  pl_http_server *s = pl_alloc_zero(o->alloc, 1, sizeof *s);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "out of memory for a server");
  *s = (pl_http_server){.alloc = o->alloc, .turned = turned, .user = o->user};
  int code = open_server(s, o, loop, module, module_dir, err);
  if (code) {
    pl_http_server_close(s);
    return code;
  }
  turn(s);
  *out = s;
  return PL_OK;
}

void pl_http_server_close(pl_http_server *s)
{
  if (!s)
    return;
  unsigned handles = s->handles;
  if (handles > 1)
    (void)uv_poll_stop(&s->poll); /* before the module closes what it watches */
  if (s->httpd)
    s->module->close(s->httpd);
  if (handles == 0)
    pl_free(s->alloc, s, sizeof *s);
  if (handles > 1)
    uv_close((uv_handle_t *)&s->poll, on_closed);
  if (handles > 0)
    uv_close((uv_handle_t *)&s->timer, on_closed);
}

uint16_t pl_http_server_port(const pl_http_server *s)
{
  return s->module->port(s->httpd);
}

pl_str pl_http_header(const pl_http_server *s, const pl_http_request *r, const char *name)
{
  return s->module->header(r, name);
}

pl_str pl_http_argument(const pl_http_server *s, const pl_http_request *r, const char *name)
{
  return s->module->argument(r, name);
}

void pl_http_answer_with(pl_http_server *s, pl_http_request *r, const pl_http_answer *a)
{
  s->module->answer(r, a);
  if (!s->turning)
    (void)uv_timer_start(&s->timer, on_timer, 0, 0);
}
