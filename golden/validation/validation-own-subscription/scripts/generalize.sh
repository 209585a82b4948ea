#!/bin/sh -e
rm "$0"
WAAGENT=/usr/sbin/waagent
if waagent -version > /dev/null 2>&1; then
  WAAGENT=waagent
fi
$WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
