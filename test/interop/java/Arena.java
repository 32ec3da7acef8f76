/**
 * Curator's contestant. Arguments: the judge's port, then for each contest its name, a server's
 * port and how many rounds, in threes. A term that Curator cancels for a lost connection is no round.
 */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.util.Comparator;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryForever;

public class Arena {
  private static final int MEMBERS = 3;
  private static Socket judge;
  private static BufferedReader answers;

  private static synchronized void tell(String line) throws Exception {
    judge.getOutputStream().write((line + "\n").getBytes());
    if (!"ok".equals(answers.readLine())) throw new IllegalStateException("no judge: " + line);
  }

  /** The token is the czxid of the first in line, which is us. */
  private static void inside(CuratorFramework zk, String place, String path) throws Exception {
    String first = zk.getChildren().forPath(path).stream()
        .min(Comparator.comparing(name -> name.substring(name.length() - 10))).get();
    long token = zk.checkExists().forPath(path + "/" + first).getCzxid();
    tell("in " + place + " " + token);
    tell("out " + place);
  }

  private static void lock(CuratorFramework zk, int rounds) throws Exception {
    InterProcessMutex lock = new InterProcessMutex(zk, "/lock");
    for (int round = 0; round < rounds; round++) {
      lock.acquire();
      try {
        inside(zk, "lock", "/lock");
      } finally {
        lock.release();
      }
    }
  }

  private static void election(CuratorFramework zk, int rounds) throws Exception {
    CountDownLatch left = new CountDownLatch(rounds);
    LeaderSelector selector = new LeaderSelector(zk, "/election",
        new LeaderSelectorListenerAdapter() {
          @Override
          public void takeLeadership(CuratorFramework client) throws Exception {
            if (left.getCount() == 0) return;
            inside(zk, "election", "/election");
            left.countDown();
          }
        });
    selector.autoRequeue();
    selector.start();
    left.await();
    selector.close();
  }

  private static void barrier(CuratorFramework zk, int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(zk, "/barrier", MEMBERS);
      tell("came " + round);
      barrier.enter();
      tell("began " + round);
      tell("go");
      tell("leaving " + round);
      barrier.leave();
      tell("ended " + round);
      tell("go");
    }
  }

  private static void count(CuratorFramework zk, String path, int rounds) throws Exception {
    SharedCount count = new SharedCount(zk, path, 0);
    count.start();
    for (int round = 0; round < rounds; ) {
      var seen = count.getVersionedValue();
      if (!count.trySetCount(seen, seen.getValue() + 1)) continue;
      tell("counted");
      round++;
    }
    count.close();
  }

  public static void main(String[] args) throws Exception {
    judge = new Socket("127.0.0.1", Integer.parseInt(args[0]));
    judge.setTcpNoDelay(true);
    answers = new BufferedReader(new InputStreamReader(judge.getInputStream()));
    for (int at = 1; at < args.length; at += 3) {
      int rounds = Integer.parseInt(args[at + 2]);
      CuratorFramework zk =
          CuratorFrameworkFactory.newClient("127.0.0.1:" + args[at + 1], new RetryForever(20));
      zk.start();
      zk.blockUntilConnected();
      tell("go");
      switch (args[at]) {
        case "lock": lock(zk, rounds); break;
        case "election": election(zk, rounds); break;
        case "barrier": barrier(zk, rounds); break;
        case "exact": count(zk, "/exact", rounds); break;
        case "counter": count(zk, "/counter", rounds); break;
        default: throw new IllegalArgumentException(args[at]);
      }
      tell("go");
      zk.close();
    }
    System.exit(0);
  }
}
