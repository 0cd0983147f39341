#!/bin/bash
# A serial line of a guest that needs no guest: getty and login in front of a real bash, on whatever
# terminal this runs on. Root's password is in $PASSWORD, milliseconds before a refusal in $REFUSAL_MS.
# Every "boot" has an id of its own; `systemctl reboot` in the shell ends it.
stty sane
boot=0
while true; do
  boot=$((boot + 1))
  printf '[    0.000000] Linux version 6.1.0-lab\r\n'
  until
    printf '\r\nDebian GNU/Linux 12 lab ttyS0\n\nlab login: '
    read -r name || exit 0
    printf 'Password: '
    stty -echo
    read -r password
    stty echo
    printf '\n'
    [ "$name:$password" = "root:$PASSWORD" ]
  do
    sleep "$(printf '%d.%03d' $((REFUSAL_MS / 1000)) $((REFUSAL_MS % 1000)))"
    printf 'Login incorrect\n'
  done
  printf 'Linux lab 6.1.0\nLast login: Sat Nov 21 22:00:00 UTC 2026 on ttyS0\n'
  (
    export BOOT_ID=boot-$boot
    # What would reach the machine this runs on is played by functions, which bash hands on to its children.
    cat() { if [ "$*" = /proc/sys/kernel/random/boot_id ]; then echo "$BOOT_ID"; else command cat "$@"; fi; }
    dmesg() { :; }
    mesg() { :; }
    kill() { if [ "${*: -1}" != 1 ]; then command kill "$@"; fi; }
    systemctl() { command kill -HUP "$SHELL_PID"; }
    export -f cat dmesg mesg kill systemctl
    export PS1='\[\e[01;32m\]\u@lab\[\e[00m\]:\w\$ ' TERM=vt220
    export SHELL_PID=$BASHPID
    exec bash --norc -i
  )
  stty sane
done
