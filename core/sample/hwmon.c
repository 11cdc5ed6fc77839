/* Temperatures, fans, voltages and power of the machine's monitoring chips: /sys/class/hwmon. Drivers may talk to a slow bus, so sensors are
 * read when devices are looked for, and their last values given in between. */
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { SENSORS = 512, CHIPS = 32, NAME_SIZE = 64, METRIC_SIZE = 96 };

/* A file "temp1_crit": of sensor temp1, of kind temp, its property crit. */
typedef struct sensor {
  size_t chip;
  char file[NAME_SIZE];   /* below the chip's folder */
  char name[NAME_SIZE];   /* "temp1" */
  char text[NAME_SIZE];   /* of a label */
  char metric[METRIC_SIZE];
  bool counter;
  double scale, value;
} sensor;

typedef struct chip {
  char folder[NAME_SIZE]; /* "hwmon3" */
  char name[NAME_SIZE];   /* "platform_coretemp_0" */
  char driver[NAME_SIZE]; /* what it calls itself; empty: nothing */
} chip;

typedef struct hwmon {
  const pl_sampler_options *o;
  int folder; /* descriptor */
  size_t n, n_chips;
  chip chips[CHIPS];
  sensor list[SENSORS];
  const char *below; /* while looking: "" or "device/" */
} hwmon;

/* ---- What a sensor's file means ---------------------------------------------------------------------- */

static const struct {
  const char *kind, *unit;
  double scale;
  const char *properties; /* that have the unit; NULL: all but flags */
} units[] = {
    {"temp", "_celsius", 1e-3, NULL},         {"in", "_volts", 1e-3, NULL},    {"cpu", "_volts", 1e-3, NULL},
    {"curr", "_amps", 1e-3, NULL},            {"power", "_watt", 1e-6, NULL},  {"energy", "_joule_total", 1e-6, NULL},
    {"humidity", "", 1e-6, NULL},             {"fan", "_rpm", 1, "input min max target"}, {"freq", "_freq_mhz", 1e-6, "input"},
};
static const char kinds[] = "temp in cpu curr power energy humidity fan freq pwm intrusion";

/* Flags have no unit. */
static bool has_unit(size_t i, const char *property)
{
  if (units[i].properties)
    return pl_field_among(pl_str_of(property), units[i].properties);
  return !pl_field_among(pl_str_of(property), "alarm fault type beep label accuracy");
}

static void name_metric(sensor *s, const char *kind, const char *property)
{
  const char *shown = strcmp(property, "input") == 0 ? "" : property, *unit = strcmp(property, "beep") == 0 ? "_enabled" : "";
  s->scale = 1;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (strcmp(units[i].kind, kind) != 0 || !has_unit(i, property))
      continue;
    unit = units[i].unit;
    s->scale = units[i].scale;
  }
  (void)snprintf(s->metric, sizeof s->metric, "node_hwmon_%s%s%s%s", kind, shown[0] ? "_" : "", shown, unit);
  s->counter = strcmp(kind, "energy") == 0 && !shown[0];
}

/* Takes a name apart: letters, a number, '_', a property. */
static bool take_apart(const char *name, sensor *s)
{
  char kind[16];
  size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz"), digits = strspn(name + letters, "0123456789");
  const char *property = name + letters + digits;
  if (letters == 0 || letters >= sizeof kind || digits == 0 || strlen(name) >= NAME_SIZE - 8 || (property[0] && property[0] != '_'))
    return false;
  (void)pl_copy(kind, sizeof kind, (pl_str){name, letters});
  if (!pl_field_among(pl_str_of(kind), kinds))
    return false;
  (void)pl_copy(s->name, sizeof s->name, (pl_str){name, letters + digits});
  if (strcmp(property, "_label") == 0)
    (void)pl_copy(s->metric, sizeof s->metric, PL_STR("node_hwmon_sensor_label"));
  else
    name_metric(s, kind, property[0] ? property + 1 : "input");
  return true;
}

/* ---- Chips ----------------------------------------------------------------------------------------- */

/* Small letters and digits; the rest becomes '_', none at the ends. */
static void clean(const char *text, char out[NAME_SIZE])
{
  size_t n = 0;
  for (; *text && n < NAME_SIZE - 1; text++) {
    char c = *text >= 'A' && *text <= 'Z' ? (char)(*text | 0x20) : *text;
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_';
    if (n || (plain && c != '_'))
      out[n++] = plain ? c : '_';
  }
  while (n && out[n - 1] == '_')
    n--;
  out[n] = '\0';
}

/* By the bus and name of its device, else by what it calls itself, else by its folder. */
static void name_chip(const hwmon *h, chip *c)
{
  char path[PATH_MAX], real[PATH_MAX], bus[NAME_SIZE] = "", device[NAME_SIZE] = "";
  (void)snprintf(path, sizeof path, "class/hwmon/%s/name", c->folder);
  clean(pl_attr_once(h->o->sys_root, path, real, sizeof real).data, c->driver);
  (void)snprintf(path, sizeof path, "%s/class/hwmon/%s/device", h->o->sys_root, c->folder);
  char *slash = realpath(path, real) ? strrchr(real, '/') : NULL;
  if (slash) {
    clean(slash + 1, device);
    *slash = '\0';
    slash = strrchr(real, '/');
    clean(slash ? slash + 1 : "", bus);
  }
  if (device[0])
    (void)snprintf(c->name, sizeof c->name, "%.20s%s%.40s", bus, bus[0] ? "_" : "", device);
  else
    (void)pl_copy(c->name, sizeof c->name, pl_str_of(c->driver[0] ? c->driver : c->folder));
}

static bool add_sensor(void *user, const char *name)
{
  hwmon *h = user;
  if (h->n == SENSORS)
    return false;
  sensor *s = &h->list[h->n];
  *s = (sensor){.chip = h->n_chips - 1, .value = NAN};
  if (!take_apart(name, s))
    return true;
  (void)snprintf(s->file, sizeof s->file, "%s%.50s", h->below, name);
  h->n++;
  return true;
}

static void add_sensors(hwmon *h, const char *below)
{
  char path[2 * NAME_SIZE];
  (void)snprintf(path, sizeof path, "%s/%s", h->chips[h->n_chips - 1].folder, below);
  int fd = openat(h->folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  h->below = below;
  pl_folder_each(fd, add_sensor, h);
  close(fd);
}

static bool add_chip(void *user, const char *name)
{
  hwmon *h = user;
  if (h->n_chips == CHIPS || strncmp(name, "hwmon", 5) != 0)
    return true;
  chip *c = &h->chips[h->n_chips++];
  *c = (chip){.folder = ""};
  (void)pl_copy(c->folder, sizeof c->folder, pl_str_of(name));
  name_chip(h, c);
  add_sensors(h, "");
  add_sensors(h, "device/");
  return true;
}

static void read_sensor(const hwmon *h, sensor *s)
{
  char path[3 * NAME_SIZE], text[NAME_SIZE];
  (void)snprintf(path, sizeof path, "%s/%s", h->chips[s->chip].folder, s->file);
  int fd = openat(h->folder, path, O_RDONLY | O_CLOEXEC);
  pl_str value = pl_attr_read(fd, text, sizeof text);
  if (fd >= 0)
    close(fd);
  if (s->scale == 0)
    (void)pl_copy(s->text, sizeof s->text, value);
  else if (!pl_str_double(value, &s->value))
    s->value = NAN;
}

/* Chips that have one name are told apart by what they call themselves, or else by their folders. */
static void tell_apart(hwmon *h, bool by_folder)
{
  bool doubled[CHIPS] = {false};
  for (size_t i = 0; i < h->n_chips; i++) {
    for (size_t k = 0; k < i; k++) {
      if (strcmp(h->chips[i].name, h->chips[k].name) == 0)
        doubled[i] = doubled[k] = true;
    }
  }
  for (size_t i = 0; i < h->n_chips; i++) {
    size_t n = strlen(h->chips[i].name);
    if (doubled[i])
      (void)snprintf(h->chips[i].name + n, sizeof h->chips[i].name - n, "_%s", by_folder ? h->chips[i].folder : h->chips[i].driver);
  }
}

static void look(hwmon *h)
{
  h->n = h->n_chips = 0;
  pl_folder_each(h->folder, add_chip, h);
  tell_apart(h, false);
  tell_apart(h, true);
  for (size_t i = 0; i < h->n; i++)
    read_sensor(h, &h->list[i]);
}

/* ---- The source -------------------------------------------------------------------------------------- */

static int hwmon_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  int folder = pl_attr_open(o->sys_root, "class/hwmon");
  if (folder < 0)
    return PL_ENOENT;
  hwmon *h = pl_alloc_zero(o->alloc, 1, sizeof *h);
  if (!h) {
    close(folder);
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  }
  h->o = o;
  h->folder = folder;
  look(h);
  *state = h;
  return PL_OK;
}

static void hwmon_close(pl_sampler *s, void *state)
{
  hwmon *h = state;
  close(h->folder);
  pl_free(pl_sampler_options_of(s)->alloc, h, sizeof *h);
}

/* A frequency is called by its label, as node_exporter does. */
static pl_str name_of(const hwmon *h, size_t i)
{
  const sensor *s = &h->list[i];
  for (size_t k = 0; k < h->n && strncmp(s->name, "freq", 4) == 0 && s->scale != 0; k++) {
    const sensor *other = &h->list[k];
    if (other->chip == s->chip && other->text[0] && strcmp(other->name, s->name) == 0)
      return pl_str_of(other->text);
  }
  return pl_str_of(s->name);
}

static void hwmon_read(pl_sampler *s, void *state)
{
  hwmon *h = state;
  if (pl_sampler_scans(s))
    look(h);
  for (size_t i = 0; i < h->n_chips; i++) {
    const pl_sample_label labels[] = {{"chip", pl_str_of(h->chips[i].name)}, {"chip_name", pl_str_of(h->chips[i].driver)}};
    if (h->chips[i].driver[0])
      pl_sampler_emit(s, &(pl_emit){.name = "node_hwmon_chip_names", .labels = labels, .n_labels = 2}, 1);
  }
  for (size_t i = 0; i < h->n; i++) {
    const sensor *e = &h->list[i];
    const pl_sample_label labels[] = {{"chip", pl_str_of(h->chips[e->chip].name)}, {"sensor", name_of(h, i)}, {"label", pl_str_of(e->text)}};
    if (e->scale == 0 && e->text[0])
      pl_sampler_emit(s, &(pl_emit){.name = e->metric, .labels = labels, .n_labels = 3}, 1);
    else if (e->scale != 0 && !isnan(e->value))
      pl_sampler_emit(s, &(pl_emit){e->metric, e->counter, labels, 2}, e->value * e->scale);
  }
}

const pl_source pl_source_hwmon = {"/sys/class/hwmon", hwmon_open, hwmon_read, hwmon_close};
