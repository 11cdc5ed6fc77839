/* Network file systems, by the kernel's own counters: /proc/net/rpc/nfs (this machine asks), nfsd (it serves). */
#include "sample/single.h"

enum { CLIENT, SERVER, FILES, COLUMNS = 5 };

/* The numbers behind a word at the front of a line; NULL: nobody wants it. value: of the label. */
static const struct {
  int file;
  const char *key;
  struct {
    const char *metric, *value;
  } columns[COLUMNS];
  const char *label;
} lines[] = {
    {CLIENT, "net", {{NULL, NULL}, {"node_nfs_packets_total", "udp"}, {"node_nfs_packets_total", "tcp"}, {"node_nfs_connections_total", NULL}}, "protocol"},
    {CLIENT, "rpc", {{"node_nfs_rpcs_total", NULL}, {"node_nfs_rpc_retransmissions_total", NULL}, {"node_nfs_rpc_authentication_refreshes_total", NULL}}, NULL},
    {SERVER, "rc", {{"node_nfsd_reply_cache_hits_total", NULL}, {"node_nfsd_reply_cache_misses_total", NULL}, {"node_nfsd_reply_cache_nocache_total", NULL}}, NULL},
    {SERVER, "fh", {{"node_nfsd_file_handles_stale_total", NULL}}, NULL},
    {SERVER, "io", {{"node_nfsd_disk_bytes_read_total", NULL}, {"node_nfsd_disk_bytes_written_total", NULL}}, NULL},
    {SERVER, "net", {{NULL, NULL}, {"node_nfsd_packets_total", "udp"}, {"node_nfsd_packets_total", "tcp"}, {"node_nfsd_connections_total", NULL}}, "proto"},
    {SERVER, "rpc", {{"node_nfsd_server_rpcs_total", NULL}, {NULL, NULL}, {"node_nfsd_rpc_errors_total", "fmt"}, {"node_nfsd_rpc_errors_total", "auth"},
                     {"node_nfsd_rpc_errors_total", "cInt"}}, "error"},
};

/* Procedures of the versions of the protocol, in the order of their numbers; "-" has no name. */
static const struct {
  int file;
  const char *key, *proto, *methods;
} versions[] = {
    {CLIENT, "proc2", "2", "Null GetAttr SetAttr Root Lookup ReadLink Read WrCache Write Create Remove Rename Link SymLink MkDir RmDir ReadDir FsStat"},
    {CLIENT, "proc3", "3", "Null GetAttr SetAttr Lookup Access ReadLink Read Write Create MkDir SymLink MkNod Remove RmDir Rename Link ReadDir ReadDirPlus FsStat"
                           " FsInfo PathConf Commit"},
    {CLIENT, "proc4", "4", "Null Read Write Commit Open OpenConfirm OpenNoattr OpenDowngrade Close Setattr FsInfo Renew SetClientID SetClientIDConfirm Lock Lockt"
                           " Locku Access Getattr Lookup LookupRoot Remove Rename Link Symlink Create Pathconf StatFs ReadLink ReadDir ServerCaps DelegReturn GetACL"
                           " SetACL FsLocations ReleaseLockowner Secinfo FsidPresent ExchangeID CreateSession DestroySession Sequence GetLeaseTime ReclaimComplete"
                           " LayoutGet GetDeviceInfo LayoutCommit LayoutReturn SecinfoNoName TestStateID FreeStateID GetDeviceList BindConnToSession"
                           " DestroyClientID Seek Allocate DeAllocate LayoutStats Clone"},
    {SERVER, "proc2", "2", "- GetAttr SetAttr Root Lookup ReadLink Read WrCache Write Create Remove Rename Link SymLink MkDir RmDir ReadDir FsStat"},
    {SERVER, "proc3", "3", "- GetAttr SetAttr Lookup Access ReadLink Read Write Create MkDir SymLink MkNod Remove RmDir Rename Link ReadDir ReadDirPlus FsStat"
                           " FsInfo PathConf Commit"},
    {SERVER, "proc4ops", "4", "- - - Access Close Commit Create DelegPurge DelegReturn GetAttr GetFH Link Lock Lockt Locku Lookup LookupRoot Nverify Open OpenAttr"
                              " OpenConfirm OpenDgrd PutFH PutPubFH PutRootFH Read ReadDir ReadLink Remove Rename Renew RestoreFH SaveFH SecInfo SetAttr"
                              " SetClientID SetClientIDConfirm Verify Write RelLockOwner"},
};

static void emit_method(pl_sampler *s, int file, pl_str proto, pl_str method, double number)
{
  static const char *const metrics[] = {[CLIENT] = "node_nfs_requests_total", [SERVER] = "node_nfsd_requests_total"};
  const pl_sample_label labels[] = {{"proto", proto}, {"method", method}};
  pl_sampler_emit(s, &(pl_emit){metrics[file], true, labels, 2}, number);
}

/* "proc3 22 0 1061909262 ...": how many numbers there are, then they. */
static void read_methods(pl_sampler *s, int file, pl_str key, pl_str line)
{
  for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
    if (versions[i].file != file || !pl_str_eqc(key, versions[i].key))
      continue;
    pl_str methods = pl_str_of(versions[i].methods), method;
    (void)pl_field_next(&line);
    while (line.len && (method = pl_field_next(&methods)).len) {
      double number = pl_field_number(&line);
      if (!pl_str_eqc(method, "-"))
        emit_method(s, file, pl_str_of(versions[i].proto), method, number);
    }
  }
}

static int rpc_open(pl_sampler *s, void **state, pl_error *err)
{
  static const char *const paths[FILES] = {"net/rpc/nfs", "net/rpc/nfsd"};
  return pl_several_open(s, paths, FILES, PL_PIECE_ANY, state, err);
}

/* "ra SIZE ... MISSES": ten numbers between them. */
static void read_ahead(pl_sampler *s, pl_str line)
{
  pl_sampler_gauge(s, "node_nfsd_read_ahead_cache_size_blocks", pl_field_number(&line));
  for (int i = 0; i < 10; i++)
    (void)pl_field_next(&line);
  pl_sampler_counter(s, "node_nfsd_read_ahead_cache_not_found_total", pl_field_number(&line));
}

static void read_line(pl_sampler *s, int file, pl_str line)
{
  pl_str key = pl_field_next(&line);
  if (file == SERVER && pl_str_eqc(key, "th"))
    pl_sampler_gauge(s, "node_nfsd_server_threads", pl_field_number(&line));
  else if (file == SERVER && pl_str_eqc(key, "ra"))
    read_ahead(s, line);
  else if (file == SERVER && pl_str_eqc(key, "wdeleg_getattr"))
    emit_method(s, SERVER, PL_STR("4"), PL_STR("WdelegGetattr"), pl_field_number(&line));
  else if (pl_str_starts(key, PL_STR("proc")))
    read_methods(s, file, key, line);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    if (lines[i].file != file || !pl_str_eqc(key, lines[i].key))
      continue;
    for (int k = 0; k < COLUMNS && line.len; k++) {
      double number = pl_field_number(&line);
      const pl_sample_label label = {lines[i].label, pl_str_of(lines[i].columns[k].value)};
      if (lines[i].columns[k].metric)
        pl_sampler_emit(s, &(pl_emit){lines[i].columns[k].metric, true, &label, lines[i].columns[k].value != NULL}, number);
    }
  }
}

static void rpc_read(pl_sampler *s, void *state)
{
  pl_several *files = state;
  for (int file = CLIENT; file <= SERVER; file++) {
    pl_str text = pl_procfile_read(&files->file[file]), line;
    while ((line = pl_line_next(&text)).data)
      read_line(s, file, line);
  }
}

const pl_source pl_source_rpc = {"/proc/net/rpc", rpc_open, rpc_read, pl_several_close};
