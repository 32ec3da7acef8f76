/**
 * What `shell-transcript` types: every command of the reference's shell, with right and wrong
 * arguments. Each list is a shell of its own; what the lists leave behind is there for the next.
 */

/** Told command by command. */
export const MARKED: readonly (readonly string[])[] = [
  [
    ..."bogus|rmr /q|ls2 /|ls|ls /|ls -x /|ls -R|ls / watch|ls relative|ls -s /".split("|"),
    ..."ls -R /zookeeper|ls -w -s /|ls -sR /zookeeper|ls /zookeeper/|ls /a//b|ls /a/../b".split(
      "|",
    ),
    ..."create|create -s|create /q|create /q x|create -t|create -t abc /t".split("|"),
    ..."create -t -5 /t|create -t 0 /t|create -t 1099511627776 /t|create -e -c /t".split("|"),
    ..."create -t 5 -e /t|create -t 5 -c /t|create -c -s /t|create -t 3600000 /t x".split("|"),
    ..."create -s -t 3600000 /t/s x|create -s /q/s- x|create -c /c|create -e -s /q/e-".split("|"),
    ..."create -se /q/se-|create /none/x|create /neg -5|create relative|create /".split("|"),
    ..."create /acl x world:anyone".split("|"),
    ..."create /acl3 x junk:x:r|create /acl4 x world:anyone:r,auth::cdrwa".split("|"),
    "create /q2 'it is' world:anyone:cdrwa,ip:127.0.0.1:r",
    'create /q3 "a b" world:anyone:cdrwa extra',
    ..."getAcl /q2|getAcl|getAcl -s /q2|getAcl /none|getAcl -x /q2|get /neg|get /q3".split("|"),
  ],
  [
    ..."set|set /q|set /q y|set -v|set -v 99 /q z|set -v 1 /q z|set -s /q z".split("|"),
    ..."set /q new 77|set /q new 3|set /none x|set -x /q y|get|get /q|get -s /q".split("|"),
    ..."get -w /none|get /none|get /q watch|set /q w|stat|stat /q|stat /none".split("|"),
    ..."stat /q watch|set /q w2|stat -w /later|create /later|stat -s /q".split("|"),
    ..."setAcl|setAcl /q|setAcl /q bad|setAcl /q world:anyone:cdrwa".split("|"),
    ..."setAcl -s /q world:anyone:cdrwa|setAcl -v 77 /q world:anyone:cdrwa".split("|"),
    ..."setAcl /none world:anyone:r|setAcl -R /q world:anyone:cdrwa|getAcl -s /q".split("|"),
    ..."setAcl -R -s /q world:anyone:cdrwa|setAcl -R /none world:anyone:cdrwa".split("|"),
    ..."addauth|addauth digest a:b|whoami|whoami x|version x|sync|sync /q|sync /none".split("|"),
    ..."sync bad|config|config -c|config -s|config -w|config -c -s|config -x".split("|"),
  ],
  [
    ..."addWatch|addWatch -m BOGUS /q|addWatch -m persistent /q|set /q 1".split("|"),
    ..."removewatches|removewatches /q|removewatches /q|addWatch -m persistent_recursive /q|set /q/none x".split(
      "|",
    ),
    ..."create /q/below|delete /q/below|removewatches -a /q|addWatch /none|delete /none".split("|"),
    ..."removewatches -d /none|removewatches -c /none|removewatches -l -a /none".split("|"),
    ..."get -w /q|removewatches -c /q|removewatches -d /q|ls -w /q".split("|"),
    ..."removewatches -d /q|removewatches -c /q|stat -w /q|removewatches -d -l /q".split("|"),
    ..."removewatches -x /q|removewatches relative".split("|"),
    ..."printwatches|printwatches off|get -w /q|set /q unseen|printwatches".split("|"),
    ..."printwatches maybe|printwatches on|printwatches|get -w /q|set /q seen".split("|"),
    ..."getEphemerals|getEphemerals /|getEphemerals bad|create -e /eph|getEphemerals".split("|"),
    ..."getEphemerals /eph|getEphemerals /no|getEphemerals -x|getAllChildrenNumber".split("|"),
    ..."getAllChildrenNumber /q|getAllChildrenNumber /none|getAllChildrenNumber x".split("|"),
  ],
  [
    ..."setquota|setquota /q|setquota -n 5|setquota -n 50 /q|setquota -b 100 /q".split("|"),
    ..."setquota -N 70 /q|setquota -B 170 /q|listquota /q|setquota -n 5 -b 9 /q".split("|"),
    ..."setquota -n abc /q|setquota -n 5 /|setquota -n 50 /zookeeper/quota".split("|"),
    ..."setquota -n 1 /zookeeper|setquota -b 1 /zookeeper|delquota /zookeeper".split("|"),
    ..."setquota -N 1 /q|setquota -B 1 /q|listquota /q".split("|"),
    ..."setquota -n 5 /none|create /q/a|setquota -n 5 /q/a|create /par|create /par/kid".split("|"),
    ..."setquota -n 2 /par/kid|setquota -n 2 /par|setquota -n -1 /par/kid".split("|"),
    ..."setquota -n 0 /par/kid|setquota -b 0 /par/kid|setquota -x 3 /q|setquota -n 3 q".split("|"),
    ..."listquota|listquota /q|listquota /none|listquota /par|listquota q|listquota /".split("|"),
    ..."delquota|delquota -n|delquota -n /q|listquota /q|delquota -b /q|delquota -N /q".split("|"),
    ..."delquota -B /q|listquota /q|delquota -n /q|delquota -n -b /q|delquota /q".split("|"),
    ..."delquota /q|delquota /none|delquota -n /none|delquota -x /q|listquota /q".split("|"),
    ..."delquota /par/kid|listquota /par/kid|ls -R /zookeeper".split("|"),
    ..."reconfig|reconfig -add|reconfig -add server.1=localhost:1:2:participant;3".split("|"),
    ..."reconfig -s -remove 3|reconfig -v zz -remove 3|reconfig -v 100 -remove 3".split("|"),
    "reconfig -members server.1=localhost:1:2:participant;3",
    ..."reconfig -file /nonexistent|reconfig -file /nonexistent -remove 3".split("|"),
    ..."reconfig -add a -members b|reconfig -add 1 -add 2 -remove 3,4|reconfig -x".split("|"),
  ],
  [
    ..."delete|delete -v 99 /q|delete /none|delete /q|delete -v 0 /q3".split("|"),
    ..."delete -v 0 /q2|delete relative|delete /|deleteall|deleteall /none".split("|"),
    ..."deleteall -b 0 /par|ls /|deleteall -b x /q|deleteall -b 2 /q|deleteall /q".split("|"),
    ..."deleteall /zookeeper|ls -R /zookeeper|deleteall relative|ls /".split("|"),
  ],
];

/** Commands at which the reference's shell stops, and those after which it has no session. */
export const WHOLE: readonly (readonly string[])[] = [
  ["create /acl2 x world:anyone:zz", "delete /acl2", "quit"],
  ["create /old", "delete /old 77", "delete /old 0", "quit"],
  [
    "ls /",
    "redo",
    "history",
    "redo 0",
    "history x",
    "redo 999",
    "redo -1",
    "nonsense",
    "history",
    "quit",
  ],
  ["close", "ls /", "close", "version", "history", "printwatches", "getAcl /", "quit"],
  ["close", "connect", "whoami", "quit", "ls /never"],
  ["ls /", "quit x y", "ls /never"],
  ["set -v abc /later z"],
  ["delete -v abc /later"],
  ["setAcl -v abc /later world:anyone:r"],
  ["redo abc"],
  ["addauth digest", "ls /"],
];
