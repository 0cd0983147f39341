# The mirrors this machine takes Debian from. Sourced.
# shellcheck shell=bash

# apt_sources SUITE: prints them as sources of SUITE, whatever format the machine's own apt sources are
# written in and whichever release it runs.
apt_sources() {
  local suite=$1 origin component uri release
  # shellcheck disable=SC2016 # apt's own placeholders
  apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    while read -r origin component uri release; do
      # An origin that was not read yet (before the machine's first `apt-get update`) stays a placeholder.
      case $origin in Debian | '$('*) ;; *) continue ;; esac
      [ "$component" = main ] || continue
      case $release in
        *-security) echo "deb $uri $suite-security main" ;;
        *-updates) echo "deb $uri $suite-updates main" ;;
        *-*) ;;
        *) echo "deb $uri $suite main" ;;
      esac
    done | sort -u
}
