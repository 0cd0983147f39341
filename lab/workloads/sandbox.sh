# Makes a container of namespaces, the machine's own root file system underneath and nothing of what is written
# kept, then becomes the program. Runs as the first process of its own mount and PID namespaces, as root.
#
#   sandbox.sh SCRATCH ro|rw UID GID GROUPS FOLDER PATH [ro|rw SOURCE TARGET]… -- PROGRAM [ARGUMENT]…
#
# A SOURCE is a folder or a file. # SCRATCH is an empty folder, covered by a tmpfs in here only. GROUPS are supplementary ones by number, or `-`. The line
# `started` on descriptor 3 says that the program begins; without it, what else this says there is why it could not.
# Stdout and stderr are the program's alone: who reads three pipes cannot tell in which order they were written to.
set -eu
exec 4>&2 2>&3
scratch=$1 access=$2 uid=$3 gid=$4 groups=$5 folder=$6 path=$7
shift 7
# The environment is the program's; what is looked for here is the machine's.
PATH=/usr/sbin:/usr/bin:/sbin:/bin

mount -t tmpfs -o mode=755 container "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
root=$scratch/root
mount -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" container "$root"
for private in run tmp; do
  mount -t tmpfs -o mode=755 "$private" "$root/$private"
done
chmod 1777 "$root/tmp"
mount -t proc proc "$root/proc"
# The devices that every container has, and none of the machine's. What is mounted there is nobody else's.
mount -t tmpfs -o mode=755 dev "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount --rbind /dev/pts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${stream%:*}" "$root/dev/${stream#*:}"; done
mount --rbind /sys "$root/sys"

# Links are followed as the program will follow them: /var/run is /run of the container.
inside() { printf '%s' "$root$(chroot "$root" realpath -m -- "$1")"; }
make_target() {
  if [ -d "$1" ]; then
    mkdir -p "$2"
  elif ! [ -e "$2" ]; then
    mkdir -p "${2%/*}"
    : >"$2"
  fi
}
make_targets() {
  while [ "$1" != -- ]; do
    make_target "$2" "$(inside "$3")"
    shift 3
  done
}
make_targets "$@"
if [ "$access" = ro ]; then
  for folder_of_ours in "$root" "$root/run" "$root/tmp"; do mount -o remount,ro "$folder_of_ours"; done
fi
while [ "$1" != -- ]; do
  target=$(inside "$3")
  make_target "$2" "$target"
  mount --bind "$2" "$target"
  [ "$1" = rw ] || mount -o remount,bind,ro "$target"
  shift 3
done
shift

echo started >&3
exec 2>&4 3>&- 4>&-
if [ "$groups" = - ]; then groups=--clear-groups; else groups=--groups=$groups; fi
# The parent's death is asked for last: changing the user forgets it.
exec chroot "$root" setpriv --reuid "$uid" --regid "$gid" "$groups" --inh-caps=-all --bounding-set=-all \
  --no-new-privs --pdeathsig KILL -- env -C "$folder" PATH="$path" "$@"
