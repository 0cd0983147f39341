#!/bin/sh
# The work of a lab node's kubelet, device plugin and CNI plugins inside the node. The guest agent runs it as root.
#
#   node.sh cpus                     brings up all CPUs that are offline; prints `present LIST` and `online LIST`
#   node.sh prepare PAGES VF…        once: loads modules, binds VFs to vfio-pci, allocates PAGES hugepages of 1 GiB;
#                                    prints `device PATH MAJOR MINOR` for each device, `vf ADDRESS GROUP` for each VF,
#                                    and `hugepages COUNT`
#   node.sh uplink ADDRESS…          gives these addresses to the only NIC of a node without VFs
#   node.sh start ID <ARCHIVE        runs a container: ARCHIVE (tar) holds config.json, attachments and volumes/;
#                                    prints `running` or the exit code, then crun's error messages
#   node.sh exec ID NAME [fed] <PROCESS
#                                    runs a process in the container. Input: a line of JSON, then the process's stdin
#                                    unless `fed`. Prints the process's output when it has ended; until then the
#                                    output is in NAME.out and NAME.err
#   node.sh open ID NAME             call before `exec … fed`
#   node.sh feed ID NAME [end]       writes to the process's stdin, or closes it
#   node.sh end ID NAME              kills the process
#   node.sh kill ID SIGNAL           signals the container's first process; KILL ends all of the container
#   node.sh remove ID                removes the container, even if it still runs
#
# Files in /run/pods/ID: log (the container's output), crun.log (crun's error messages), state (`running`, then the
# exit code). The lab has validated every argument.
set -eu

pods=/run/pods
command=$1
shift

# The address of the BAR with the card's command registers.
vf_registers() {
  awk 'NR == 2 { print $1 }' "/sys/bus/pci/devices/$1/resource"
}

# Sets a VF's MAC address as its PF would: through the card's registers, whichever driver it has. A killed program
# leaves the card running; VFIO cannot reset it there (see rootless-lab.ts), but the card's own command can.
set_vf_mac() {
  base=$(vf_registers "$1")
  # shellcheck disable=SC2046 # six words
  set -- "$1" $(echo "$2" | tr ':' ' ')
  setpci -s "$1" COMMAND=2:2
  busybox devmem $((base + 0x20)) 32 0xcafe0002
  busybox devmem $((base + 0x28)) 32 "0x$5$4$3$2"
  busybox devmem $((base + 0x30)) 32 "0x$7$6"
}

# Does the work of the tap plugin and the tuning plugin, in the container's network namespace.
add_tap() {
  id=$1 name=$2 mac=$3 queues=$4 owner=$5 group=$6
  shift 6
  words="dev $name mode tap"
  [ "$queues" != multi_queue ] || words="$words multi_queue"
  [ "$owner" = - ] || words="$words user $owner"
  [ "$group" = - ] || words="$words group $group"
  # shellcheck disable=SC2086 # words, each without blanks
  ip -n "$id" tuntap add $words
  [ "$mac" = - ] || ip -n "$id" link set "$name" address "$mac"
  for address in "$@"; do ip -n "$id" addr add "$address" dev "$name"; done
  ip -n "$id" link set "$name" up
}

attach() {
  id=$1
  while read -r kind rest; do
    # shellcheck disable=SC2086 # words, each without blanks
    case $kind in
      vf) set_vf_mac $rest ;;
      tap) add_tap "$id" $rest ;;
    esac
  done
}

# Prints the decimal numbers that crun's cgroup rules need.
say_device() {
  echo "device $1 $((0x$(stat -c %t "$1"))) $((0x$(stat -c %T "$1")))"
}

# Does the same as the image's all-cpus.service, which may not have run yet when the agent answers.
cpus() {
  for cpu in /sys/devices/system/cpu/cpu*/online; do
    [ ! -e "$cpu" ] || [ "$(cat "$cpu")" = 1 ] || echo 1 >"$cpu" || true
  done
  echo "present $(cat /sys/devices/system/cpu/present)"
  echo "online $(cat /sys/devices/system/cpu/online)"
}

prepare() {
  pages=$1
  shift
  modprobe -a vfio-pci tun vhost_net overlay
  for vf in "$@"; do
    device=/sys/bus/pci/devices/$vf
    echo vfio-pci >"$device/driver_override"
    [ ! -e "$device/driver" ] || echo "$vf" >"$device/driver/unbind"
    echo "$vf" >/sys/bus/pci/drivers_probe
    group=$(basename "$(readlink "$device/iommu_group")")
    echo "vf $vf $group"
    say_device "/dev/vfio/$group"
  done
  say_device /dev/vfio/vfio
  say_device /dev/vhost-net
  say_device /dev/net/tun
  echo "$pages" >/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages
  echo "hugepages $(cat /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages)"
  # As in the pods' image: a program with file capabilities outside of the bounding set cannot be executed.
  setcap -r /usr/bin/ping 2>/dev/null || true
  mkdir -p "$pods" /run/netns
}

uplink() {
  # Its containers use the node's own network namespace, and this is CRI-O's default for containers.
  sysctl -qw net.ipv4.ping_group_range='0 2147483647'
  for card in /sys/class/net/*; do
    [ -e "$card/device" ] || continue
    ip link set "$(basename "$card")" up
    for address in "$@"; do ip addr add "$address" dev "$(basename "$card")"; done
    return
  done
  echo 'there is no network card' >&2
  exit 1
}

start() {
  id=$1 pod=$pods/$1
  mkdir "$pod"
  mount -t tmpfs -o mode=755,size=512m pod "$pod"
  tar -x -C "$pod" --same-owner --same-permissions -f -
  mkdir "$pod/upper" "$pod/work" "$pod/rootfs"
  mount -t overlay -o "lowerdir=/,upperdir=$pod/upper,workdir=$pod/work" rootfs "$pod/rootfs"
  ip netns add "$id"
  ip -n "$id" link set lo up
  attach "$id" <"$pod/attachments"
  : >"$pod/log"
  : >"$pod/crun.log"
  : >"$pod/state"
  # Outlives the agent's command, because the supervisor must wait for the container as its parent.
  setsid sh "$0" supervise "$id" >"$pod/log" 2>&1 </dev/null &
  until [ -s "$pod/state" ]; do sleep 0.05; done
  head -n 1 "$pod/state"
  cat "$pod/crun.log"
}

supervise() {
  id=$1 pod=$pods/$1
  crun --cgroup-manager=cgroupfs --log="$pod/crun.log" run --bundle "$pod" --pid-file "$pod/pid" "$id" &
  crun=$!
  # crun writes the file when everything but the program's own start has succeeded.
  while [ ! -s "$pod/pid" ] && kill -0 $crun 2>/dev/null; do sleep 0.05; done
  [ ! -s "$pod/pid" ] || echo running >"$pod/state"
  status=0
  wait $crun || status=$?
  echo "$status" >>"$pod/state"
}

execute() {
  id=$1 process=$pods/$1/$2
  # `read` consumes byte by byte, so the rest of stdin stays for the process.
  IFS= read -r line
  [ "${3:-}" != fed ] || exec <"$process.in"
  printf '%s\n' "$line" >"$process.json"
  status=0
  crun --cgroup-manager=cgroupfs exec --pid-file "$process.pid" --process "$process.json" "$id" \
    >"$process.out" 2>"$process.err" || status=$?
  stop_feeding "$process"
  cat "$process.out"
  cat "$process.err" >&2
  rm -f "$process".*
  exit "$status"
}

open_input() {
  process=$pods/$1/$2
  mkfifo "$process.in"
  # Keeps the FIFO open between two feeds.
  sleep infinity 3<>"$process.in" >/dev/null 2>&1 </dev/null &
  echo $! >"$process.feeder"
}

feed() {
  process=$pods/$1/$2
  if [ "${3:-}" != end ]; then
    cat >"$process.in"
    return
  fi
  # Wait until the process has opened the FIFO: data is lost when no process has it open.
  while [ -s "$process.feeder" ] && [ ! -s "$process.json" ]; do sleep 0.05; done
  stop_feeding "$process"
}

stop_feeding() {
  [ -s "$1.feeder" ] || return 0
  kill "$(cat "$1.feeder")" 2>/dev/null || true
  rm -f "$1.feeder"
}

end() {
  process=$pods/$1/$2
  [ ! -s "$process.pid" ] || kill -KILL "$(cat "$process.pid")"
  stop_feeding "$process"
}

remove() {
  id=$1 pod=$pods/$1
  crun --cgroup-manager=cgroupfs delete --force "$id" 2>/dev/null || true
  ip netns del "$id" 2>/dev/null || true
  umount "$pod/rootfs" 2>/dev/null || true
  umount "$pod" 2>/dev/null || umount -l "$pod" 2>/dev/null || true
  rmdir "$pod" 2>/dev/null || true
}

case $command in
  cpus) cpus ;;
  prepare) prepare "$@" ;;
  uplink) uplink "$@" ;;
  start) start "$@" ;;
  supervise) supervise "$@" ;;
  exec) execute "$@" ;;
  open) open_input "$@" ;;
  feed) feed "$@" ;;
  end) end "$@" ;;
  kill) exec crun --cgroup-manager=cgroupfs kill "$1" "$2" ;;
  remove) remove "$@" ;;
esac
