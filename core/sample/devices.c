/* See devices.h. Descriptors are bounded (io/usage.h): past as many, files are read like those that seldom change. */
#include "sample/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/descriptors.h"
#include "base/error.h"
#include "sample/procfile.h"

enum { KINDS = 40, DEVICES = 1024, NAME_SIZE = 96, TEXT_SIZE = 80, FILE_SIZE = 512, FACTS_EVERY = 10, NAMES_MAX = 1 << 18 };

typedef struct device {
  char name[NAME_SIZE];           /* below the kind's folder: "eth0", "mlx4_0/ports/1" */
  size_t own_at, own_len;         /* of the label's value in it */
  size_t below_at;                /* of the second label's */
  char texts[PL_DEVICE_LABELS][TEXT_SIZE];
  int fd[PL_DEVICE_FILES];        /* -1: not open */
  double fact[PL_DEVICE_FILES];   /* NaN: the file has no number */
  bool seen, gone;
  bool twin;                      /* its labels are those of one before it: not read */
} device;

/* The devices of a kind, in the order in which they were found. */
typedef struct family {
  const pl_device_kind *kind;
  int folder; /* descriptor */
  size_t n_files, n_labels;
  device **list;
  size_t n, cap;
  size_t at;  /* while looking: where the next name is expected */
  struct devices *all;
} family;

typedef struct devices {
  pl_sampler *sampler;
  const pl_allocator *alloc;
  family families[KINDS];
  size_t n;
  int descriptors; /* that are open */
  unsigned scans;
  pl_buf names;    /* in the folder that was looked into last, each ended by NUL */
  const char *named;
} devices;

/* ---- Values ------------------------------------------------------------------------------------ */

/* What a letter behind a number multiplies it by: "20.4G", "790.0k". */
static double unit_of(char letter)
{
  static const char letters[] = "kMGTPEZY";
  const char *at = letter ? strchr(letters, letter) : NULL;
  return at ? ldexp(1, 10 * (int)(at - letters + 1)) : 1;
}

/* The number at the front of a text: "5: LinkUp", "10 Gb/sec", "0x1003", "-1", "1.1M/sec". All ones in hexadecimal: the driver does not count
 * it. */
static bool number_in(pl_str text, double *out)
{
  if (pl_str_starts(text, PL_STR("0x"))) {
    pl_str digits = {text.data + 2, text.len - 2};
    *out = pl_field_hex(&digits);
    return text.len > 2 && *out < 0x1p64;
  }
  uint64_t whole;
  if (pl_str_u64(text, &whole)) {
    *out = (double)whole;
    return true;
  }
  size_t n = 0;
  while (n < text.len && (strchr("+-.", text.data[n]) || (text.data[n] >= '0' && text.data[n] <= '9')))
    n++;
  if (!pl_str_double((pl_str){text.data, n}, out))
    return false;
  *out *= n < text.len ? unit_of(text.data[n]) : 1;
  return true;
}

/* What stands behind the word that begins a line, which may have a colon; empty when no line does. */
static pl_str behind(pl_str text, const char *word)
{
  pl_str line;
  while ((line = pl_line_next(&text)).data) {
    pl_str first = pl_field_next(&line);
    if (pl_str_eqc(pl_str_cut(&first, ':'), word))
      return pl_str_trim(line);
  }
  return (pl_str){"", 0};
}

/* False when the file has no such value now. */
static bool value_of(const pl_device_file *f, int fd, double *out)
{
  char buffer[FILE_SIZE];
  const char *blank = strchr(f->path, ' ');
  pl_str text = pl_attr_read(fd, buffer, sizeof buffer);
  text = blank ? behind(text, blank + 1) : text;
  if (f->value == PL_DEVICE_IS_UP) {
    *out = pl_str_eqc(text, "up");
    return text.len > 0;
  }
  if (!text.len || !number_in(text, out))
    return false;
  *out *= f->scale != 0 ? f->scale : 1;
  return true;
}

static int open_file(const family *f, const device *d, const char *path)
{
  char full[NAME_SIZE + 96];
  (void)snprintf(full, sizeof full, "%s/%.*s", d->name, (int)strcspn(path, " "), path);
  return openat(f->folder, full, O_RDONLY | O_CLOEXEC);
}

static bool stays_open(const pl_device_file *f)
{
  return f->value != PL_DEVICE_FACT && f->value != PL_DEVICE_LIVE;
}

/* ---- Devices that come and go ------------------------------------------------------------------ */

static void close_files(family *f, device *d)
{
  for (size_t i = 0; i < f->n_files; i++) {
    if (d->fd[i] < 0)
      continue;
    close(d->fd[i]);
    d->fd[i] = -1;
    f->all->descriptors--;
  }
}

static void drop(family *f, size_t i)
{
  close_files(f, f->list[i]);
  pl_free(f->all->alloc, f->list[i], sizeof **f->list);
  memmove(f->list + i, f->list + i + 1, (--f->n - i) * sizeof *f->list);
}

static void read_label(family *f, device *d, size_t i)
{
  const char *path = f->kind->labels[i].path;
  char *out = d->texts[i];
  if (path[0] == '=') {
    (void)pl_copy(out, TEXT_SIZE, pl_str_of(path + 1));
    return;
  }
  bool cut = strncmp(path, "0x ", 3) == 0;
  int fd = open_file(f, d, cut ? path + 3 : path);
  pl_str text = pl_attr_read(fd, out, TEXT_SIZE);
  size_t off = cut && pl_str_starts(text, PL_STR("0x")) ? 2 : 0;
  memmove(out, text.data + off, text.len - off);
  out[text.len - off] = '\0';
  if (fd >= 0)
    close(fd);
}

/* Reads what seldom changes: labels, facts, and what could not stay open. */
static void read_facts(family *f, device *d)
{
  for (size_t i = 0; i < f->n_labels; i++) {
    read_label(f, d, i);
  }
  for (size_t i = 0; i < f->n_files; i++) {
    const pl_device_file *file = &f->kind->files[i];
    if (d->fd[i] >= 0 || !file->path)
      continue;
    int fd = open_file(f, d, file->path);
    if (file->value == PL_DEVICE_LIVE)
      d->fact[i] = fd >= 0 ? 1 : NAN;
    else if (!value_of(file, fd, &d->fact[i]))
      d->fact[i] = NAN;
    if (fd >= 0)
      close(fd);
  }
}

static void open_files(family *f, device *d)
{
  for (size_t i = 0; i < f->n_files; i++) {
    bool room = stays_open(&f->kind->files[i]) && f->all->descriptors < pl_spare_descriptors(pl_descriptor_limit());
    d->fact[i] = NAN;
    d->fd[i] = room ? open_file(f, d, f->kind->files[i].path) : -1;
    f->all->descriptors += d->fd[i] >= 0;
  }
}

/* Whether another device has the same labels. */
static bool is_double(const family *f, const device *d)
{
  for (size_t i = 0; i < f->n; i++) {
    if (memcmp(f->list[i]->texts, d->texts, sizeof d->texts) == 0)
      return true;
  }
  return false;
}

static bool reach(family *f)
{
  if (f->n < f->cap)
    return true;
  if (f->n == DEVICES)
    pl_sampler_left_out(f->all->sampler, "more than 1024 devices of a kind");
  size_t cap = f->cap ? f->cap * 2 : 8;
  device **list = f->n < DEVICES ? pl_realloc(f->all->alloc, f->list, f->cap * sizeof *list, cap * sizeof *list) : NULL;
  if (!list)
    return false;
  f->list = list;
  f->cap = cap;
  return true;
}

/* own, own_len: where the label's value is in the name; below: where that of the second is. */
static void add(family *f, const char *name, size_t own, size_t own_len, size_t below)
{
  device *d = reach(f) ? pl_alloc_zero(f->all->alloc, 1, sizeof *d) : NULL;
  if (!d)
    return;
  (void)pl_copy(d->name, sizeof d->name, pl_str_of(name));
  d->own_at = own;
  d->own_len = own_len;
  d->below_at = below;
  d->seen = true;
  open_files(f, d);
  read_facts(f, d);
  if (f->kind->once && is_double(f, d)) {
    close_files(f, d);
    d->twin = true;
  }
  f->list[f->n++] = d;
}

/* Names come in the order of the last time, so the next device is tried first. */
static bool known(family *f, const char *name)
{
  for (size_t i = 0; i < f->n; i++) {
    size_t at = (f->at + i) % f->n;
    if (strcmp(f->list[at]->name, name) != 0)
      continue;
    f->list[at]->seen = true;
    f->at = at + 1;
    return true;
  }
  return false;
}

/* Whether a name is a prefix and then a digit. */
static bool fits(const char *name, const char *prefix)
{
  size_t n = prefix ? strlen(prefix) : 0;
  return !prefix || (strncmp(name, prefix, n) == 0 && name[n] >= '0' && name[n] <= '9');
}

typedef struct visit {
  family *family;
  const char *owner;
} visit;

static bool visit_below(void *user, const char *name)
{
  const visit *v = user;
  const pl_device_kind *k = v->family->kind;
  char full[NAME_SIZE];
  if (!fits(name, k->below_prefix))
    return true;
  int n = snprintf(full, sizeof full, "%s/%s%s%s", v->owner, k->below, k->below[0] ? "/" : "", name);
  size_t own = k->cut && k->prefix ? strlen(k->prefix) : 0, below = k->cut && k->below_prefix ? strlen(k->below_prefix) : 0;
  if (n > 0 && (size_t)n < sizeof full && !known(v->family, full))
    add(v->family, full, own, strlen(v->owner) - own, (size_t)n - strlen(name) + below);
  return true;
}

static void visit_device(family *f, const char *name)
{
  const pl_device_kind *k = f->kind;
  if (!fits(name, k->prefix) || strlen(name) >= NAME_SIZE || (k->except && strcmp(name, k->except) == 0))
    return;
  if (!k->below) {
    size_t own = k->cut && k->prefix ? strlen(k->prefix) : 0;
    if (!known(f, name))
      add(f, name, own, strlen(name) - own, 0);
    return;
  }
  char path[2 * NAME_SIZE];
  (void)snprintf(path, sizeof path, "%s/%s", name, k->below);
  int fd = openat(f->folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  pl_folder_each(fd, visit_below, &(visit){f, name});
  close(fd);
}

static bool keep_name(void *user, const char *name)
{
  return pl_buf_add(user, name, strlen(name) + 1) == PL_OK;
}

/* What is in the family's folder; families of one folder stand together and share it. */
static pl_str names_in(const family *f)
{
  devices *all = f->all;
  if (!all->named || strcmp(all->named, f->kind->folder) != 0) {
    pl_buf_clear(&all->names);
    pl_folder_each(f->folder, keep_name, &all->names);
    all->named = f->kind->folder;
  }
  return (pl_str){all->names.data, all->names.len};
}

static void drop_twins(family *f)
{
  for (size_t i = f->n; i-- > 0;) {
    if (f->list[i]->twin)
      drop(f, i);
  }
}

/* Lets those go that have gone, or were not seen; says whether one was read. */
static bool drop_where(family *f, bool unseen)
{
  bool any = false;
  for (size_t i = f->n; i-- > 0;) {
    if (unseen ? f->list[i]->seen : !f->list[i]->gone)
      continue;
    any = any || !f->list[i]->twin;
    drop(f, i);
  }
  return any;
}

static void look(family *f, bool facts)
{
  bool changed = drop_where(f, false);
  for (size_t i = 0; i < f->n; i++)
    f->list[i]->seen = false;
  f->at = 0;
  pl_str names = names_in(f);
  for (size_t at = 0; at < names.len; at += strlen(names.data + at) + 1)
    visit_device(f, names.data + at);
  changed = drop_where(f, true) || changed;
  if (changed)
    drop_twins(f); /* the next look finds who stands for what they were of */
  for (size_t i = 0; i < f->n && facts; i++) {
    if (!f->list[i]->twin)
      read_facts(f, f->list[i]);
  }
}

/* ---- The source -------------------------------------------------------------------------------- */

static void add_family(devices *all, const char *sys_root, const pl_device_kind *kind)
{
  int folder = all->n < KINDS ? pl_attr_open(sys_root, kind->folder) : -1;
  if (folder < 0)
    return;
  family *f = &all->families[all->n++];
  *f = (family){.kind = kind, .folder = folder, .all = all};
  while (f->n_files < PL_DEVICE_FILES && kind->files[f->n_files].metric)
    f->n_files++;
  while (kind->labels && f->n_labels < PL_DEVICE_LABELS && kind->labels[f->n_labels].name)
    f->n_labels++;
  look(f, false);
}

int pl_devices_open(pl_sampler *s, const pl_device_kind *kinds, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  devices *all = pl_alloc_zero(o->alloc, 1, sizeof *all);
  if (!all)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  all->sampler = s;
  all->alloc = o->alloc;
  pl_buf_init(&all->names, o->alloc, NAMES_MAX);
  for (; kinds->folder; kinds++)
    add_family(all, o->sys_root, kinds);
  if (all->n) {
    *state = all;
    return PL_OK;
  }
  pl_buf_fini(&all->names);
  pl_free(o->alloc, all, sizeof *all);
  return PL_ENOENT;
}

void pl_devices_close(pl_sampler *s, void *state)
{
  devices *all = state;
  for (size_t i = 0; i < all->n; i++) {
    family *f = &all->families[i];
    while (f->n)
      drop(f, f->n - 1);
    pl_free(all->alloc, f->list, f->cap * sizeof *f->list);
    close(f->folder);
  }
  pl_buf_fini(&all->names);
  pl_free(pl_sampler_options_of(s)->alloc, all, sizeof *all);
}

static size_t labels_of(const family *f, const device *d, pl_sample_label out[PL_DEVICE_LABELS + 2])
{
  const pl_device_kind *k = f->kind;
  size_t n = 0;
  if (k->label)
    out[n++] = (pl_sample_label){k->label, {d->name + d->own_at, d->own_len}};
  if (k->below_label)
    out[n++] = (pl_sample_label){k->below_label, pl_str_of(d->name + d->below_at)};
  for (size_t i = 0; i < f->n_labels; i++) {
    if (d->texts[i][0])
      out[n++] = (pl_sample_label){k->labels[i].name, pl_str_of(d->texts[i])};
  }
  return n;
}

static void read_device(pl_sampler *s, family *f, device *d)
{
  pl_sample_label labels[PL_DEVICE_LABELS + 2];
  size_t n = labels_of(f, d, labels);
  for (size_t i = 0; i < f->n_files; i++) {
    const pl_device_file *file = &f->kind->files[i];
    double value = file->path ? d->fact[i] : 1;
    if (d->fd[i] >= 0) {
      errno = 0;
      bool has = value_of(file, d->fd[i], &value);
      d->gone = d->gone || errno == ENODEV;
      value = has ? value : NAN;
    }
    if (!isnan(value))
      pl_sampler_emit(s, &(pl_emit){file->metric, file->value == PL_DEVICE_COUNTER, labels, n}, value);
  }
}

void pl_devices_read(pl_sampler *s, void *state)
{
  devices *all = state;
  bool scans = pl_sampler_scans(s), facts = scans && ++all->scans % FACTS_EVERY == 0;
  all->named = NULL;
  for (size_t i = 0; i < all->n; i++) {
    family *f = &all->families[i];
    if (scans)
      look(f, facts);
    for (size_t k = 0; k < f->n; k++) {
      if (!f->list[k]->twin)
        read_device(s, f, f->list[k]);
    }
  }
}
