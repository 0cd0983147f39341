#!/bin/bash
# fetch-kubectl.sh FOLDER: puts kubectl there, out of Debian's packages, from the mirrors of this machine's own apt
# sources. Nothing is installed, and it needs no root. Debian 12's own kubectl (1.20) is too old
# for the lab's manifests, so it is Debian 13's.
set -euo pipefail
folder=$1
suite=trixie
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../images/guest/apt-sources.sh
. "$here/../images/guest/apt-sources.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT HUP
mkdir -p "$work"/{lists,archives}/partial "$folder"
: >"$work/status"
# The plain suite is enough of the mirrors' three: updates are not needed, and trixie's keys are with Debian 12's.
apt_sources "$suite" | grep " $suite main" >"$work/sources.list" ||
  { echo 'fetch-kubectl.sh: no mirror of Debian among the apt sources' >&2 && exit 1; }
apt=(
  apt-get -qq
  -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status"
  -o "Dir::Cache=$work" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  -o APT::Sandbox::User=
)
"${apt[@]}" update
cd "$work"
"${apt[@]}" download kubectl
dpkg-deb -x kubectl_*.deb unpacked
unpacked/usr/bin/kubectl version --client >/dev/null
mv unpacked/usr/bin/kubectl "$folder/kubectl"
