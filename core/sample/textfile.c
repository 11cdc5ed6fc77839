/* Files "*.prom" in a folder, as jobs leave them for node_exporter's collector of this name: the text format of Prometheus, read anew each
 * time. What is left out is said by node_textfile_scrape_error: a line that is malformed, has a time of its own, or has no end, for a job
 * may be writing it; a file of a MiB. Each file takes a parser while it is read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "format/prometheus_text.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { NAMES_SIZE = 4096, PATH_SIZE = 4096 };

typedef struct textfile {
  pl_sampler *sampler;
  int folder; /* descriptor */
  pl_procfile text;
  bool failed; /* in this read */
} textfile;

static int textfile_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int folder = open(o->name.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return pl_fail(err, PL_ENOENT, "no folder \"%s\" can be read: %s", o->name.data, strerror(errno));
  textfile *t = pl_alloc_zero(o->alloc, 1, sizeof *t);
  if (!t) {
    close(folder);
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  }
  *t = (textfile){.sampler = s, .folder = folder, .text = {.alloc = o->alloc, .fd = -1}};
  *state = t;
  return PL_OK;
}

static void textfile_close(pl_sampler *s, void *state)
{
  textfile *t = state;
  close(t->folder);
  pl_procfile_close(&t->text);
  pl_free(pl_sampler_options_of(s)->alloc, t, sizeof *t);
}

/* Copies a name, ended by NUL, behind those that are in text; NULL: there is no room. */
static const char *keep(char text[NAMES_SIZE], size_t *used, pl_str name)
{
  char *at = text + *used;
  if (!pl_copy(at, NAMES_SIZE - *used, name))
    return NULL;
  *used += name.len + 1;
  return at;
}

static int take_sample(void *user, const pl_prometheus_sample *given)
{
  textfile *t = user;
  char names[NAMES_SIZE];
  size_t used = 0;
  pl_sample_label labels[PL_SAMPLE_LABELS];
  const char *name = keep(names, &used, given->name);
  bool fits = name && given->n_labels <= PL_SAMPLE_LABELS && !given->has_time;
  for (size_t i = 0; i < given->n_labels && fits; i++) {
    labels[i] = (pl_sample_label){keep(names, &used, given->labels[i].name), given->labels[i].value};
    fits = labels[i].name != NULL;
  }
  t->failed = t->failed || !fits;
  if (fits)
    pl_sampler_emit(t->sampler, &(pl_emit){name, pl_prometheus_counts(given), labels, given->n_labels}, given->value);
  return PL_OK;
}

static int take_refused(void *user, const pl_refused *r)
{
  (void)r;
  ((textfile *)user)->failed = true;
  return PL_OK;
}

static void read_text(textfile *t, pl_str text)
{
  const pl_prometheus_events events = {take_sample, take_refused, t};
  pl_prometheus *p;
  const char *end = text.len ? memrchr(text.data, '\n', text.len) : NULL;
  size_t whole = end ? (size_t)(end - text.data) + 1 : 0;
  t->failed = t->failed || whole < text.len;
  text.len = whole;
  if (pl_prometheus_new(t->text.alloc, PL_PROMETHEUS_TEXT, &events, &p)) {
    t->failed = true;
    return;
  }
  t->failed = pl_prometheus_read(p, &text, true) || t->failed;
  pl_prometheus_free(p);
}

static bool visit_file(void *user, const char *name)
{
  textfile *t = user;
  char path[PATH_SIZE];
  struct stat info;
  if (!pl_str_ends(pl_str_of(name), PL_STR(".prom")))
    return true;
  int fd = openat(t->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_size >= PL_PROCFILE_MOST) {
    t->failed = true;
  } else {
    read_text(t, pl_procfile_read_of(&t->text, fd));
    (void)snprintf(path, sizeof path, "%s/%s", pl_sampler_options_of(t->sampler)->name.data, name);
    pl_sampler_gauge_of(t->sampler, "node_textfile_mtime_seconds", "file", pl_str_of(path), (double)info.st_mtim.tv_sec + (double)info.st_mtim.tv_nsec / 1e9);
  }
  if (fd >= 0)
    close(fd);
  return true;
}

static void textfile_read(pl_sampler *s, void *state)
{
  textfile *t = state;
  t->failed = false;
  pl_folder_each(t->folder, visit_file, t);
  pl_sampler_gauge(s, "node_textfile_scrape_error", t->failed);
}

const pl_source pl_source_textfile = {"textfile", textfile_open, textfile_read, textfile_close};
