#!/usr/bin/env bash
#
# Starts, stops and looks at a server: the verbs, variables, outputs and exit codes of the script
# that Apache ZooKeeper users know.
#
#   zkServer.sh [--config DIR] VERB [CONFIG]
#   VERB: start, start-foreground, stop, restart, status, version, print-cmd
#
# CONFIG is a file in the configuration folder, or a path; without it, zoo.cfg. A started server's
# process id is in ZOOPIDFILE (default: <dataDir>/zookeeper_server.pid), its log in ZOO_LOG_DIR,
# in ZOO_LOG_FILE (default: zookeeper-<user>-server-<host>.out).

ZOOBIN=${BASH_SOURCE[0]}
while [ -L "$ZOOBIN" ]; do
  ZOOTARGET=$(readlink "$ZOOBIN")
  case $ZOOTARGET in
    /*) ZOOBIN=$ZOOTARGET ;;
    *) ZOOBIN=$(dirname "$ZOOBIN")/$ZOOTARGET ;;
  esac
done
. "$(dirname "$ZOOBIN")/zkEnv.sh"

# Longest wait, in seconds, for a started server to answer and for a stopped one to end. A server
# that still loads a large snapshot after it counts as started.
WAIT_SECONDS=30

if [ -n "${2-}" ]; then ZOOCFG=$(quoll_config_named "$2"); fi
echo "Using config: $ZOOCFG" >&2

ZOO_DATADIR=$(quoll_config_value dataDir "$ZOOCFG")
ZOO_DATALOGDIR=$(quoll_config_value dataLogDir "$ZOOCFG")
ZOO_USER=${USER:-$(id -un)}
ZOO_DAEMON_OUT=$ZOO_LOG_DIR/${ZOO_LOG_FILE:-zookeeper-$ZOO_USER-server-$HOSTNAME.out}

ZOO_FLAGS=()
if [ -n "${ZOO_DATADIR_AUTOCREATE_DISABLE-}" ]; then
  if [ ! -d "$ZOO_DATADIR/version-2" ]; then
    echo "ZooKeeper data directory is missing at $ZOO_DATADIR fix the path or run initialize"
    exit 1
  fi
  if [ -n "$ZOO_DATALOGDIR" ] && [ ! -d "$ZOO_DATALOGDIR/version-2" ]; then
    echo "ZooKeeper txnlog directory is missing at $ZOO_DATALOGDIR fix the path or run initialize"
    exit 1
  fi
  ZOO_FLAGS+=("-Dzookeeper.datadir.autocreate=false")
fi

server_command() {
  # A small young generation: less memory under load (docs/performance.md). Bun has none.
  local flags=--max-semi-space-size=8
  case ${QUOLL_NODE##*/} in bun*) flags= ;; esac
  flags=${QUOLL_NODE_FLAGS-$flags}
  # shellcheck disable=SC2086 # several arguments
  COMMAND=("$QUOLL_NODE" $flags "$QUOLL_MAIN" server ${ZOO_FLAGS[@]+"${ZOO_FLAGS[@]}"} "$ZOOCFG")
}

# Sets ZOOPIDFILE and makes its folder; leaves the script when there is no place for it.
find_pid_file() {
  if [ -z "${ZOOPIDFILE-}" ]; then
    if [ -z "$ZOO_DATADIR" ]; then
      if [ -r "$ZOOCFG" ]; then
        echo "dataDir is not set in $ZOOCFG" >&2
      else
        echo "$ZOOCFG cannot be read; copy zoo_sample.cfg to zoo.cfg to begin with" >&2
      fi
      return 1
    fi
    ZOOPIDFILE=$ZOO_DATADIR/zookeeper_server.pid
  fi
  mkdir -p "$(dirname "$ZOOPIDFILE")"
}

# State letter and command line of a process; nothing when there is none. /proc before ps, which
# small container images do not have.
process_state() {
  if [ -d /proc/self ]; then sed -e 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2> /dev/null
  else ps -o stat= -p "$1" 2> /dev/null; fi
}
process_command() {
  if [ -d /proc/self ]; then tr '\0' ' ' 2> /dev/null < "/proc/$1/cmdline"
  else ps -o args= -p "$1"; fi 2> /dev/null
}

# Whether a process runs; one that has ended and only waits to be collected does not.
is_alive() {
  case $(process_state "$1") in
    '' | Z*) return 1 ;;
    *) return 0 ;;
  esac
}

# Whether the pid file names a live process. After a restart of the machine its number may be that
# of another program, which must be neither waited for nor killed.
is_running() {
  local pid
  [ -f "$ZOOPIDFILE" ] || return 1
  pid=$(cat "$ZOOPIDFILE")
  [ -n "$pid" ] && is_alive "$pid" || return 1
  case $(process_command "$pid") in
    *quoll*) return 0 ;;
    *) return 1 ;;
  esac
}

# Finds where clients connect; sets clientPort, clientPortAddress and isSSL. With `tell`, says
# what it does, as the reference's script.
find_client_port() {
  local tell=$1 myid line file
  isSSL=false
  clientPortAddress=$(quoll_config_value clientPortAddress "$ZOOCFG")
  clientPort=$(quoll_config_value clientPort "$ZOOCFG")
  if ! [[ $clientPort =~ ^[0-9]+$ ]]; then
    clientPort=
    myid=$(cat "$ZOO_DATADIR/myid" 2> /dev/null)
    if ! [[ $myid =~ ^[0-9]+$ ]]; then
      $tell "myid could not be determined," \
        "will not able to locate clientPort in the server configs."
    else
      line=$(quoll_config_value "server.$myid" "$ZOOCFG")
      if [[ $line != *\;* ]]; then
        $tell "Client port not found in static config file. Looking in dynamic config file."
        file=$(quoll_config_value dynamicConfigFile "$ZOOCFG")
        line=$(quoll_config_value "server.$myid" "$file")
      fi
      if [[ $line == *\;* ]]; then
        line=${line#*;}
        clientPort=${line##*:}
        if [[ $line == *:* ]]; then
          clientPortAddress=${line%:*}
          clientPortAddress=${clientPortAddress#[}
          clientPortAddress=${clientPortAddress%]}
        fi
      else
        $tell "Client port not found in the server configs"
      fi
    fi
  fi
  if [ -z "$clientPort" ]; then
    $tell "Client port not found. Looking for secureClientPort in the static config."
    clientPort=$(quoll_config_value secureClientPort "$ZOOCFG")
    if [ -z "$clientPort" ]; then
      $tell "Unable to find either secure or unsecure client port in any configs. Terminating."
      return 1
    fi
    isSSL=true
    clientPortAddress=$(quoll_config_value secureClientPortAddress "$ZOOCFG")
  fi
  clientPortAddress=${clientPortAddress:-localhost}
}

# Whether something answers `srvr` at the client port; at a secure one, whether something listens,
# which a server does only when it serves. Plain bash: a probe that costs a new process each time
# would slow down the very start it waits for.
answers() {
  local line
  if [ "$isSSL" = true ]; then
    (exec 3<> "/dev/tcp/$clientPortAddress/$clientPort") 2> /dev/null
    return
  fi
  {
    exec 3<> "/dev/tcp/$clientPortAddress/$clientPort" || return 1
    printf srvr >&3
    IFS= read -r -t 2 line <&3
    exec 3>&-
  } 2> /dev/null
  [ -n "$line" ]
}

start() {
  quoll_require_build
  echo -n "Starting zookeeper ... "
  find_pid_file || { echo FAILED TO START; return 1; }
  if is_running; then
    echo "already running as process $(cat "$ZOOPIDFILE")."
    return 1
  fi
  mkdir -p "$ZOO_LOG_DIR"
  local taken=false waited=0 pid
  # Where another server has the port already, its answer says nothing about ours.
  find_client_port true || true
  if [ -n "$clientPort" ] && answers; then taken=true; fi
  server_command
  nohup "${COMMAND[@]}" >> "$ZOO_DAEMON_OUT" 2>&1 < /dev/null &
  pid=$!
  if ! echo -n "$pid" > "$ZOOPIDFILE"; then
    echo FAILED TO WRITE PID
    return 1
  fi
  while kill -0 "$pid" 2> /dev/null && [ "$waited" -lt $((WAIT_SECONDS * 10)) ]; do
    if [ "$taken" = false ] && [ -n "$clientPort" ] && answers; then break; fi
    # Without a port to ask, living for two seconds has to do.
    if [ "$waited" -ge 20 ] && { [ "$taken" = true ] || [ -z "$clientPort" ]; }; then break; fi
    sleep 0.1
    waited=$((waited + 1))
  done
  if kill -0 "$pid" 2> /dev/null; then
    echo STARTED
    return 0
  fi
  rm -f "$ZOOPIDFILE"
  echo FAILED TO START
  echo "The last lines of $ZOO_DAEMON_OUT:" >&2
  tail -n 5 "$ZOO_DAEMON_OUT" >&2
  return 1
}

stop() {
  local pid waited=0
  echo -n "Stopping zookeeper ... "
  find_pid_file || { echo "no zookeeper to stop"; return 0; }
  if [ ! -f "$ZOOPIDFILE" ]; then
    echo "no zookeeper to stop (could not find file $ZOOPIDFILE)"
    return 0
  fi
  pid=$(cat "$ZOOPIDFILE")
  if is_running; then
    kill "$pid"
    while is_alive "$pid"; do
      if [ "$waited" -ge $((WAIT_SECONDS * 10)) ]; then
        echo "process $pid is still running after $WAIT_SECONDS seconds"
        return 1
      fi
      sleep 0.1
      waited=$((waited + 1))
    done
  fi
  rm -f "$ZOOPIDFILE"
  echo STOPPED
}

status() {
  local mode
  find_client_port echo || return 1
  echo "Client port found: $clientPort. Client address: $clientPortAddress. Client SSL: $isSSL."
  quoll_require_build
  mode=$("$QUOLL_NODE" "$QUOLL_MAIN" four-letter-word "$clientPortAddress" "$clientPort" srvr \
    "$isSSL" 2> /dev/null | grep Mode)
  if [ -z "$mode" ]; then
    if [ "$isSSL" = true ]; then
      echo "Port $clientPort is for clients with TLS. Name their stores in CLIENT_JVMFLAGS, such as:"
      echo "  CLIENT_JVMFLAGS=\"-Dzookeeper.ssl.keyStore.location=/path/client.pem" \
        "-Dzookeeper.ssl.trustStore.location=/path/ca.pem\" zkServer.sh status"
    fi
    echo "Error contacting service. It is probably not running."
    return 1
  fi
  echo "$mode"
}

case ${1-} in
  start)
    start
    ;;
  start-foreground)
    quoll_require_build
    server_command
    if [ -n "${ZOO_NOEXEC-}" ]; then "${COMMAND[@]}"; else exec "${COMMAND[@]}"; fi
    ;;
  print-cmd)
    server_command
    printf '"%s" ' "${COMMAND[@]}"
    echo ">> \"$ZOO_DAEMON_OUT\" 2>&1 < /dev/null"
    ;;
  stop)
    stop
    ;;
  restart)
    stop && start
    ;;
  status)
    status
    ;;
  version)
    quoll_require_build
    "$QUOLL_NODE" "$QUOLL_MAIN" version
    ;;
  *)
    VERBS="start|start-foreground|stop|version|restart|status|print-cmd"
    echo "Usage: $0 [--config <conf-dir>] {$VERBS}" >&2
    ;;
esac
