#!/bin/sh
#
# The entry of the container: writes zoo.cfg and myid from the variables that the official ZooKeeper
# image has, then runs the command. A zoo.cfg or a myid that is there already is not touched.
#
# ZOO_MY_ID=ordinal: one more than the number at the end of the host name, as a StatefulSet gives it
# (zk-0 is server 1).
#
# Left to others: what the keys mean, and whether they fit together (the server, which says so).
set -eu
# Words are split at blanks below, and a * is a *.
set -f

: "${ZOO_CONF_DIR:=/conf}" "${ZOO_DATA_DIR:=/data}" "${ZOO_DATA_LOG_DIR=/datalog}"
CONFIG=$ZOO_CONF_DIR/zoo.cfg
MYID=$ZOO_DATA_DIR/myid

fail() {
  echo "entrypoint: $*" >&2
  exit 2
}

write_config() {
  echo "dataDir=$ZOO_DATA_DIR"
  if [ -n "$ZOO_DATA_LOG_DIR" ]; then echo "dataLogDir=$ZOO_DATA_LOG_DIR"; fi
  echo "tickTime=${ZOO_TICK_TIME:-2000}"
  echo "initLimit=${ZOO_INIT_LIMIT:-5}"
  echo "syncLimit=${ZOO_SYNC_LIMIT:-2}"
  echo "autopurge.snapRetainCount=${ZOO_AUTOPURGE_SNAPRETAINCOUNT:-3}"
  echo "autopurge.purgeInterval=${ZOO_AUTOPURGE_PURGEINTERVAL:-0}"
  echo "maxClientCnxns=${ZOO_MAX_CLIENT_CNXNS:-60}"
  echo "standaloneEnabled=${ZOO_STANDALONE_ENABLED:-true}"
  echo "admin.enableServer=${ZOO_ADMINSERVER_ENABLED:-true}"
  for line in ${ZOO_SERVERS:-"server.1=localhost:2888:3888;2181"}; do echo "$line"; done
  if [ -n "${ZOO_4LW_COMMANDS_WHITELIST-}" ]; then
    echo "4lw.commands.whitelist=$ZOO_4LW_COMMANDS_WHITELIST"
  fi
  for line in ${ZOO_CFG_EXTRA-}; do echo "$line"; done
}

number_of_server() {
  if [ "${ZOO_MY_ID:-1}" != ordinal ]; then
    echo "${ZOO_MY_ID:-1}"
    return
  fi
  host=${HOSTNAME:-$(uname -n)}
  ordinal=${host##*-}
  case $ordinal in
    "$host" | '' | *[!0-9]* | 0?*)
      fail "ZOO_MY_ID=ordinal, and the host name $host does not end in - and a number"
      ;;
  esac
  echo $((ordinal + 1))
}

writable() {
  mkdir -p "$1" 2> /dev/null && [ -w "$1" ] ||
    fail "$1 cannot be written by user $(id -u): on the host, chown -R $(id -u):$(id -g) its folder"
}

if [ ! -f "$CONFIG" ]; then
  writable "$ZOO_CONF_DIR"
  write_config > "$CONFIG"
fi
number=$(number_of_server)
if [ ! -f "$MYID" ]; then
  writable "$ZOO_DATA_DIR"
  echo "$number" > "$MYID"
elif [ -n "${ZOO_MY_ID-}" ] && [ "$(cat "$MYID")" != "$number" ]; then
  echo "entrypoint: $MYID says $(cat "$MYID") and counts; ZOO_MY_ID says $number" >&2
fi

exec "$@"
