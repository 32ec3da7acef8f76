/**
 * The Java client with a session that must last: it owns an ephemeral, changes it, and waits each
 * time for the event of its own watch. Argument: the servers. It prints lines of JSON, and ends when
 * it is told to on its standard input: then session and ephemeral must be what they were.
 */
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

public class Owner {
  private static final int TIMEOUT_MS = 15_000;
  private static final int PAUSE_MS = 20;
  private static final String OWN = "/ephemerals/java";

  private static volatile boolean stopping;

  private static void say(String what, String value) {
    System.out.println(value == null ? "[\"" + what + "\"]" : "[\"" + what + "\",\"" + value + "\"]");
  }

  public static void main(String[] args) throws Exception {
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper zk = new ZooKeeper(args[0], TIMEOUT_MS, (WatchedEvent event) -> {
      if (event.getState() == KeeperState.SyncConnected) connected.countDown();
      if (event.getState() == KeeperState.Expired) say("fault", "its session has expired");
    });
    connected.await();
    zk.create(OWN, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
    long session = zk.getSessionId();
    long born = zk.exists(OWN, false).getCzxid();
    Thread stop = new Thread(() -> {
      try {
        System.in.read();
      } catch (IOException error) {
        say("fault", error.toString());
      }
      stopping = true;
    });
    stop.setDaemon(true);
    stop.start();
    say("began", null);
    while (!stopping) {
      try {
        change(zk);
      } catch (KeeperException.ConnectionLossException lost) {
        // It may have been done; the next round tells.
      }
      Thread.sleep(PAUSE_MS);
    }
    Stat found = zk.exists(OWN, false);
    if (zk.getSessionId() != session) say("fault", "its session is another one");
    if (found == null || found.getCzxid() != born || found.getEphemeralOwner() != session) {
      say("fault", "its ephemeral is not what it was");
    }
    say("ended", null);
    zk.close();
  }

  /** A change is told by the watch that waits for it, wherever the session has gone meanwhile. */
  private static void change(ZooKeeper zk) throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    Stat before = zk.exists(OWN, (WatchedEvent event) -> {
      if (event.getType() == EventType.NodeDataChanged) told.countDown();
    });
    if (before == null) {
      say("fault", "its ephemeral is gone");
      return;
    }
    zk.setData(OWN, new byte[1], -1);
    if (!told.await(TIMEOUT_MS, TimeUnit.MILLISECONDS)) say("fault", "it was not told of its change");
  }
}
