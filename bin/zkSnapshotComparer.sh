#!/usr/bin/env bash
#
# Compares two snapshots: zkSnapshotComparer.sh -l LEFT -r RIGHT -b BYTES -n NODES [-d] [-i]

ZOOBIN=${BASH_SOURCE[0]}
while [ -L "$ZOOBIN" ]; do
  ZOOTARGET=$(readlink "$ZOOBIN")
  case $ZOOTARGET in
    /*) ZOOBIN=$ZOOTARGET ;;
    *) ZOOBIN=$(dirname "$ZOOBIN")/$ZOOTARGET ;;
  esac
done
. "$(dirname "$ZOOBIN")/zkEnv.sh"

quoll_require_build
exec "$QUOLL_NODE" "$QUOLL_MAIN" snapshot-comparer "$@"
