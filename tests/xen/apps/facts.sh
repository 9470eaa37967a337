#!/bin/sh
# Fails twice, each time in another way, and then serves a page of what init has done for it. Its data are on a disk
# of their own, so that a further start knows of the others.
echo "a start" >>/data/starts
starts=$(wc -l </data/starts)
case $starts in
  1) exit 3 ;;
  2) kill -9 $$ ;;
esac
mkdir -p /tmp/page
{
  echo "starts=$starts user=$(id -u) word=$WORD directory=$(pwd)"
  cat /etc/resolv.conf
  df -k / | tail -n 1 | while read -r _ size _; do
    test "$size" -gt 200000 && echo "root=grown"
  done
  grep -q ' /data ext4 rw' /proc/mounts && echo "data=disk"
  test -d /run/facts && echo "run=kept"
  ip -6 addr show scope global
} >/tmp/page/index.html 2>&1
exec httpd -f -p "[::]:8080" -h /tmp/page
