# Sourced. A CPU for this script and what it starts, where cgroups can give one (root, the cpuset controller): what a measurement of
# microseconds shows is then the tool's doing, and not that of whatever else the machine runs. Everything else goes on on the other CPUs.
#   alone_begin CPU    does nothing where it cannot be had
#   alone_end          also where alone_begin did nothing
alone_v1=/sys/fs/cgroup/cpuset alone_v2=/sys/fs/cgroup/perilune-alone

# The shell that asks by $(alone_self), which may be a subshell: $$ is not.
alone_self() { exec sh -c 'ps -o ppid= -p $PPID' | tr -d ' '; }

# Moves processes from one group to another; threads of the kernel stay. Those that were made meanwhile need a second time.
alone_move() {
  self=$(alone_self)
  for _ in 1 2; do
    while read -r pid; do
      [ "$pid" = "$self" ] || echo "$pid" >"$2/cgroup.procs" || true
    done <"$1/cgroup.procs"
  done 2>/dev/null
}

# Version 1: others go into a group that lacks the CPU.
alone_by_groups() {
  mkdir -p $alone_v1/perilune-others && cat $alone_v1/cpuset.mems >$alone_v1/perilune-others/cpuset.mems || return 1
  last=$(($(nproc --all) - 1))
  others=$(seq 0 "$last" | grep -vx "$1" | paste -sd, -)
  echo "$others" >$alone_v1/perilune-others/cpuset.cpus && alone_move $alone_v1 $alone_v1/perilune-others
}

# Version 2: a partition takes the CPU from all other groups.
alone_by_partition() {
  echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control && mkdir -p $alone_v2 && echo "$1" >$alone_v2/cpuset.cpus &&
    echo root >$alone_v2/cpuset.cpus.partition && grep -qx root $alone_v2/cpuset.cpus.partition && self=$(alone_self) && echo "$self" >$alone_v2/cgroup.procs
}

alone_begin() {
  if [ -e $alone_v1/cgroup.procs ]; then
    alone_by_groups "$1" 2>/dev/null || true
  elif [ -e /sys/fs/cgroup/cgroup.subtree_control ]; then
    alone_by_partition "$1" 2>/dev/null || true
  fi
}

alone_end() {
  if [ -d $alone_v1/perilune-others ]; then
    alone_move $alone_v1/perilune-others $alone_v1
    rmdir $alone_v1/perilune-others
  elif [ -d $alone_v2 ]; then
    self=$(alone_self)
    echo "$self" >/sys/fs/cgroup/cgroup.procs
    rmdir $alone_v2
  fi 2>/dev/null || true
}
