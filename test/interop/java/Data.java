import java.util.TreeSet;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.retry.RetryOneTime;

/**
 * A Java program that shares counters and a group with others through Curator's recipes.
 *
 * Arguments: server, rounds. Prints whom it met.
 */
class Data {
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[1]);
    try (CuratorFramework client =
        CuratorFrameworkFactory.newClient(args[0], new RetryOneTime(100))) {
      client.start();
      var counted = new DistributedAtomicLong(client, "/curator-long", new RetryNTimes(1000, 1));
      for (int round = 0; round < rounds; round++) {
        if (!counted.increment().succeeded()) throw new IllegalStateException("not counted");
      }
      var shared = new SharedCount(client, "/curator-int", 0);
      shared.start();
      for (int round = 0; round < rounds; ) {
        var seen = shared.getVersionedValue();
        if (shared.trySetCount(seen, seen.getValue() + 1)) round++;
      }
      shared.close();
      var member = new GroupMember(client, "/group", "java", "hello".getBytes());
      member.start();
      while (member.getCurrentMembers().size() < 2) Thread.sleep(20);
      var members = member.getCurrentMembers();
      for (String id : new TreeSet<>(members.keySet())) {
        System.out.println("met " + id + " " + new String(members.get(id)));
      }
      client.create().forPath("/met-group");
      while (member.getCurrentMembers().containsKey("ours")) Thread.sleep(20);
      member.close();
    }
  }
}
