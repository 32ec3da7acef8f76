/**
 * A Java program that contends with others through Curator's recipes.
 *
 * Arguments: server, recipe (lock, election, barrier), rounds. Ends with an error when somebody else
 * is inside at the same time.
 */
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryForever;
import org.apache.zookeeper.CreateMode;

public class Contest {
  private static CuratorFramework zk;

  /** Counts up, alone: the counter's version is ignored. */
  private static void inside() throws Exception {
    zk.create().withMode(CreateMode.EPHEMERAL).forPath("/inside");
    int count = Integer.parseInt(new String(zk.getData().forPath("/counter")));
    zk.setData().forPath("/counter", String.valueOf(count + 1).getBytes());
    zk.delete().forPath("/inside");
  }

  private static void lock(int rounds) throws Exception {
    InterProcessMutex lock = new InterProcessMutex(zk, "/lock");
    for (int round = 0; round < rounds; round++) {
      lock.acquire();
      try {
        inside();
      } finally {
        lock.release();
      }
    }
  }

  private static void election(int rounds) throws Exception {
    CountDownLatch left = new CountDownLatch(rounds);
    Exception[] failed = new Exception[1];
    LeaderSelector selector = new LeaderSelector(zk, "/election",
        new LeaderSelectorListenerAdapter() {
          @Override
          public void takeLeadership(CuratorFramework client) {
            if (left.getCount() == 0) return;
            try {
              inside();
            } catch (Exception error) {
              failed[0] = error;
            }
            left.countDown();
          }
        });
    selector.setId("java");
    selector.autoRequeue();
    selector.start();
    if (!left.await(100, TimeUnit.SECONDS)) throw new Exception("not enough terms");
    selector.close();
    if (failed[0] != null) throw failed[0];
  }

  private static void barrier(int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      DistributedDoubleBarrier barrier = new DistributedDoubleBarrier(zk, "/barrier/" + round, 3);
      zk.create().creatingParentsIfNeeded().forPath("/came/" + round + "/java");
      barrier.enter();
      int came = zk.getChildren().forPath("/came/" + round).size();
      if (came != 3) throw new Exception("began with " + came);
      zk.create().creatingParentsIfNeeded().forPath("/went/" + round + "/java");
      barrier.leave();
      int went = zk.getChildren().forPath("/went/" + round).size();
      if (went != 3) throw new Exception("ended with " + went);
    }
  }

  public static void main(String[] args) throws Exception {
    zk = CuratorFrameworkFactory.newClient(args[0], new RetryForever(100));
    zk.start();
    int rounds = Integer.parseInt(args[2]);
    switch (args[1]) {
      case "lock": lock(rounds); break;
      case "election": election(rounds); break;
      case "barrier": barrier(rounds); break;
      default: throw new IllegalArgumentException(args[1]);
    }
    zk.close();
    System.exit(0);
  }
}
