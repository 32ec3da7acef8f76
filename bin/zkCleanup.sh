#!/usr/bin/env bash
#
# Deletes old snapshots and logs of the configured folders: zkCleanup.sh [--config DIR] -n COUNT

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
ZOO_DATADIR=$(quoll_config_value dataDir "$ZOOCFG")
ZOO_DATALOGDIR=$(quoll_config_value dataLogDir "$ZOOCFG")
if [ -z "$ZOO_DATADIR" ]; then
  echo "dataDir is not set in $ZOOCFG" >&2
  exit 2
fi
# First the folder of the log, then, where it is another one, that of the snapshots.
if [ -z "$ZOO_DATALOGDIR" ]; then
  exec "$QUOLL_NODE" "$QUOLL_MAIN" purge "$ZOO_DATADIR" "$@"
fi
exec "$QUOLL_NODE" "$QUOLL_MAIN" purge "$ZOO_DATALOGDIR" "$ZOO_DATADIR" "$@"
