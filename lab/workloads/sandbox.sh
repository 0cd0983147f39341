# Builds a container's root file system (an overlay on the machine's own; changes are discarded) and executes the
# program in it. Must run as root, as the first process of its own mount and PID namespaces.
#
#   sandbox.sh SCRATCH ro|rw UID GID GROUPS FOLDER PATH [ro|rw SOURCE TARGET]… -- PROGRAM [ARGUMENT]…
#
# SCRATCH is an empty folder, on which a tmpfs is mounted in this mount namespace only. GROUPS are the numbers of
# supplementary groups, or `-`. A SOURCE is a folder or a file.
#
# This script writes `started` to descriptor 3 just before it executes the program; other output there is the error
# that prevented it. It writes nothing to stdout and stderr, because a reader of several pipes cannot know in which
# order they were written.
set -eu
exec 4>&2 2>&3
scratch=$1 access=$2 uid=$3 gid=$4 groups=$5 folder=$6 path=$7
shift 7
# The environment is the program's, so the script needs a PATH of its own.
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
# Only the standard devices of a container, on a tmpfs of its own.
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

# Resolves symbolic links inside the container: /var/run is the container's /run.
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
# setpriv sets --pdeathsig after it changes the user, because a change of the user clears it.
exec chroot "$root" setpriv --reuid "$uid" --regid "$gid" "$groups" --inh-caps=-all --bounding-set=-all \
  --no-new-privs --pdeathsig KILL -- env -C "$folder" PATH="$path" "$@"
