/* Folders of /sys whose entries are devices of one kind: each has files of one value. Devices are looked for anew while sampling; a
 * device's files stay open but for those that seldom change, which are read when devices are looked for, and kept. */
#ifndef PL_SAMPLE_DEVICES_H
#define PL_SAMPLE_DEVICES_H

#include "sample/sampler.h"

enum { PL_DEVICE_FILES = 40, PL_DEVICE_LABELS = 12 };

/* How a file is read. */
typedef enum pl_device_value {
  PL_DEVICE_GAUGE,   /* each time */
  PL_DEVICE_COUNTER, /* each time */
  PL_DEVICE_FACT,    /* a gauge that seldom changes */
  PL_DEVICE_IS_UP,   /* each time: 1 for the word "up", else 0 */
  PL_DEVICE_LIVE,    /* 1 as long as the device is there, and has the file when one is named */
} pl_device_value;

typedef struct pl_device_file {
  const char *path;   /* below the device's folder; "file word": the number is behind the word that begins a line of the file */
  const char *metric;
  pl_device_value value;
  double scale;       /* of the number in the file; 0: 1 */
} pl_device_file;

typedef struct pl_device_label {
  const char *name;
  const char *path; /* of the file that holds the text; "0x file": without its "0x"; "=text": the text itself */
} pl_device_label;

typedef struct pl_device_kind {
  const char *folder;              /* "class/net" */
  const char *prefix;              /* of the devices' names, which has a digit behind it; NULL: any name */
  const char *label;               /* whose value is the device's name, behind the prefix when cut; NULL: none */
  bool cut;
  const char *below;               /* a folder in each device: its entries are meant; NULL: the devices themselves */
  const char *below_prefix;        /* of those entries' names, off when cut; NULL: any name */
  const char *below_label;
  const pl_device_label *labels;   /* further ones, ended by a NULL name; empty texts are left out */
  const pl_device_file *files;     /* ended by a NULL metric */
  const char *except;              /* a name in the folder that is no device; NULL: none */
  bool once;                       /* several devices have the same labels: the first one counts */
} pl_device_kind;

/* Kinds, ended by a NULL folder; those that this machine has. *state is for read and close. PL_ENOENT (none), PL_ENOMEM. */
int pl_devices_open(pl_sampler *s, const pl_device_kind *kinds, void **state, pl_error *err) PL_MUSTCHECK;
/* The read of such a source: looks for devices that came or went when the sampler scans, and emits what each has. One that has gone gives
 * nothing. */
void pl_devices_read(pl_sampler *s, void *state);
/* The close of such a source: its descriptors and its memory. */
void pl_devices_close(pl_sampler *s, void *state);

#endif
