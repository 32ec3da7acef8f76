#!/usr/bin/env bash
#
# Shows a transaction log, and mends checksums in a copy of it: zkTxnLogToolkit.sh [-dhrvyc] FILE

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
exec "$QUOLL_NODE" "$QUOLL_MAIN" txn-log-toolkit "$@"
