#!/bin/sh
# Prints what is on a Linux VM, a line a fact, sorted: run it on a VM from each of two images, and compare the two with diff.
# Changes nothing. What differs from one VM to the next, such as addresses, keys and times, is not printed. Run it as root.
export LC_ALL=C

about() { # PREFIX: its lines, sorted, behind a word that says what they are about
  sort -u | sed "s|^|$1: |"
}

grep -E '^(ID|VERSION_ID)=' /etc/os-release | about os
uname -r | about kernel
{ dpkg-query -W -f '${Package} ${Version}\n' 2> /dev/null || rpm -qa 2> /dev/null; } | about package
snap list 2> /dev/null | awk 'NR > 1 { print $1, $2 }' | about snap
systemctl list-unit-files --no-legend --no-pager 2> /dev/null | awk '{ print $1, $2 }' | about unit
cut -d : -f 1,3,4,6,7 /etc/passwd | about user
cut -d : -f 1,3 /etc/group | about group
find /etc /opt /usr/local -xdev -type f ! -name '*.pyc' ! -name 'ssh_host_*' ! -name machine-id ! -name resolv.conf \
  ! -name hostname ! -name '*-' ! -path '/etc/ssl/certs/*' -exec sha256sum {} + 2> /dev/null | awk '{ print $2, $1 }' | about file
find / -xdev -perm -4000 -type f 2> /dev/null | about setuid
df --output=target,fstype 2> /dev/null | awk 'NR > 1 { print $1, $2 }' | about mount
