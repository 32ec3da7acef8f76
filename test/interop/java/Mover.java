/**
 * The Java client with a session that moves: it owns an ephemeral, holds the lock and watches two
 * nodes. Argument: the server. Commands on its standard input, and answers, are those of movers.ts.
 */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.ConnectionLossException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

public class Mover {
  private static final int TIMEOUT_MS = 10_000;
  private static final int PAUSE_MS = 20;
  private static final String OWN = "/own/java";
  /** As kazoo names its own. */
  private static final String PLACE = "/lock/00000000000000000000000000000000__lock__";

  private static void say(String... words) {
    System.out.println(String.join(" ", words));
  }

  public static void main(String[] args) throws Exception {
    ZooKeeper zk = new ZooKeeper(args[0], TIMEOUT_MS, (WatchedEvent event) -> {});
    String place = patiently(() -> zk.create(
        PLACE, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL));
    Stat born = new Stat();
    zk.create(OWN, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL, born);
    long session = zk.getSessionId();
    boolean holds = true;
    say("done", Long.toHexString(session));
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String command = commands.readLine(); command != null; command = commands.readLine()) {
      switch (command) {
        case "arm":
          for (String path : List.of("/away", "/later")) {
            patiently(() -> zk.getData(path, (WatchedEvent event) -> {
              if (event.getType() == EventType.NodeDataChanged) say("told", event.getPath());
            }, null));
          }
          say("done");
          break;
        case "look":
          Stat found = patiently(() -> zk.exists(OWN, false));
          say("done", zk.getSessionId() == session ? "same-session" : "other-session",
              found == null ? "no-ephemeral"
                  : found.getCzxid() != born.getCzxid() || found.getEphemeralOwner() != session
                      ? "other-ephemeral" : "same-ephemeral",
              holds && patiently(() -> zk.exists(place, false)) != null ? "holds" : "waits");
          break;
        case "release":
          holds = false;
          zk.delete(place, -1);
          say("done");
          break;
        default:
          zk.close();
          say("done");
          return;
      }
    }
  }

  /** Again until there is a connection. */
  private static <T> T patiently(Callable<T> request) throws Exception {
    while (true) {
      try {
        return request.call();
      } catch (ConnectionLossException lost) {
        Thread.sleep(PAUSE_MS);
      }
    }
  }
}
