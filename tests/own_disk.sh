#!/bin/sh
# A small file system in memory that a test fills or makes read-only, seen by nobody else.
#
#   own_disk.sh DIRECTORY SIZE
#
# Mounts it at DIRECTORY in a mount namespace of its own, so that it ends with this process, whatever becomes of the test.
# Others reach it through this process's entry in /proc. Needs root, or user namespaces.
#
# Speaks in lines of JSON: says "mounted", obeys each line of standard input and says "done", and ends when that closes:
#
#   "read-only"   a read-only mount of it is laid over DIRECTORY. Files that are open stay writable, as they do when the
#                 permissions of their directory are taken away; nothing can be created there.
#   "writable"    takes that away again
set -e
if [ "$3" != inside ]; then
  user=
  [ "$(id -u)" = 0 ] || user=--map-root-user
  exec unshare --mount $user sh "$0" "$1" "$2" inside
fi
mount -t tmpfs -o "size=$2,mode=700" tmpfs "$1"
echo '"mounted"'
while read -r command; do
  case $command in
    '"read-only"')
      mount --bind "$1" "$1"
      mount -o remount,bind,ro "$1"
      ;;
    '"writable"') umount "$1" ;;
    *) exit 2 ;;
  esac
  echo '"done"'
done
