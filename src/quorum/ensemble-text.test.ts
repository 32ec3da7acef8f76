/** The text of configurations: as the reference writes it, and what is refused in which line. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readGolden } from "../../test/support/golden.ts";
import { textOf } from "../base/bytes.ts";
import { toServerId } from "../base/ids.ts";
import { type Ensemble, memberOf } from "./ensemble.ts";
import { describeEnsemble, describeEnsembleFile, readEnsemble } from "./ensemble-text.ts";
import type { Member } from "./server-line.ts";

function read(text: string): Ensemble {
  const ensemble = readEnsemble(text);
  if ("refused" in ensemble) throw new Error(`line ${ensemble.line}: ${ensemble.refused}`);
  return ensemble;
}

for (const version of ["100000000", "100000004", "100000006"]) {
  test(`the dynamic file of version ${version} is written as it was`, () => {
    const text = textOf(readGolden(`ensemble-b-reconfig/server1/zoo.cfg.dynamic.${version}`));
    equal(describeEnsembleFile(read(text)), text);
  });
}

test("a dynamic file that somebody wrote is read", () => {
  const { members, version } = read(
    textOf(readGolden("ensemble-b-reconfig/server3/zoo.cfg.dynamic")),
  );
  equal(version, 0n);
  equal(members.map(({ id, role }) => `${id} ${role}`)[3], "4 observer");
  deepEqual(members[0]?.client, { host: "127.0.0.1", port: 40121 });
});

const value = (text: string): Member => memberOf(read(`server.5=${text}`), toServerId(5n))!;
const written = (text: string): string =>
  describeEnsemble(read(`server.5=${text}`))
    .split("\n")[0]!
    .slice("server.5=".length);

const forms: ReadonlyArray<readonly [why: string, text: string, written: string]> = [
  ["no role is a participant", "h:1:2", "h:1:2:participant"],
  ["a role in capitals", "h:1:2:OBSERVER", "h:1:2:observer"],
  ["a client port alone", "h:1:2;3", "h:1:2:participant;0.0.0.0:3"],
  ["a client address", "h:1:2:observer;k:3", "h:1:2:observer;k:3"],
  ["spaces around the parts", " h:1:2 ; 3 ", "h:1:2:participant;0.0.0.0:3"],
  ["IPv6", "[::1]:1:2;[::]:3", "[::1]:1:2:participant;[::]:3"],
  ["several addresses", "h:1:2|[::1]:3:4:observer;5", "h:1:2|[::1]:3:4:observer;0.0.0.0:5"],
  ["the role behind the first", "h:1:2:observer|g:3:4", "h:1:2|g:3:4:observer"],
  ["a secure port, of later versions, is read over", "h:1:2;3;s:4", "h:1:2:participant;0.0.0.0:3"],
];
for (const [why, text, want] of forms) test(why, () => equal(written(text), want));

test("hosts lose their brackets", () => {
  deepEqual(value("[fe80::1]:2888:3888").addresses, [
    { host: "fe80::1", quorumPort: 2888, electionPort: 3888 },
  ]);
});

const two = "server.1=a:1:2\nserver.2=b:1:2:observer";
const refusals: ReadonlyArray<readonly [text: string, line: number, why: RegExp]> = [
  ["server.1=a:1", 1, /"a:1" is not host:quorumPort:electionPort/],
  ["server.1=a:1:2:voter", 1, /"voter" is neither/],
  ["server.1=a:1:70000", 1, /70000 is no port/],
  ["server.1=::1:1:2", 1, /is not host/],
  ["server.1=a:1:2;b:c", 1, /"b:c" is not \[host:\]port/],
  ["server.1=a:1:2;99999", 1, /99999 is no port/],
  ["server.1=a:1:2;1;x", 1, /"x" is not/],
  ["server.1=a:1:2;1;2;3", 1, /more than two/],
  ["server.1=a:1:2:observer|b:1:2:participant", 1, /different roles/],
  ["server.x=a:1:2", 1, /"x" is no number of a server/],
  [`server.${2n ** 63n}=a:1:2`, 1, /is no number/],
  ["# first\n\nserver.1=a:1:2\nserver.1=b:1:2", 4, /server 1 has two lines/],
  ["server.1=a:1:2\nclientPort=2181", 2, /"clientPort" has no place/],
  ["version=xyz", 1, /"xyz" is no version/],
  [`${two}\ngroup.1=1:one`, 3, /"one" is no number/],
  [`${two}\ngroup.1=1\ngroup.2=1`, 4, /server 1 stands in a group twice/],
  [`${two}\ngroup.1=1:1`, 3, /server 1 stands in a group twice/],
  [`${two}\ngroup.1=1\ngroup.1=2`, 4, /group 1 has two lines/],
  [`${two}\nweight.1=-1`, 3, /"-1" is no weight/],
  [`${two}\nweight.1=1\nweight.1=2`, 4, /two weights/],
  [`${two}\nweight.1=1`, 0, /server 1 is not in a group/],
  [`${two}\ngroup.1=1:2`, 0, /server 2 is in a group, but observes/],
  [`${two}\ngroup.1=1:3`, 0, /server 3 is in a group, but has no line/],
];
for (const [text, line, why] of refusals) {
  test(`refused: ${why.source}: ${JSON.stringify(text)}`, () => {
    const refused = readEnsemble(text);
    ok("refused" in refused);
    equal(refused.line, line);
    ok(why.test(refused.refused), refused.refused);
  });
}

test("groups and weights: written for all participants, in any order read", () => {
  const text = "version=1f\nweight.2=0\ngroup.2=2:3\nserver.3=c:1:2\nserver.1=a:1:2\ngroup.1=1";
  equal(
    describeEnsemble(read(`${text}\nserver.2=b:1:2\nserver.9=o:1:2:observer`)),
    [
      "server.1=a:1:2:participant",
      "server.2=b:1:2:participant",
      "server.3=c:1:2:participant",
      "server.9=o:1:2:observer",
      "group.2=2:3",
      "group.1=1",
      "weight.1=1",
      "weight.2=0",
      "weight.3=1",
      "version=1f",
    ].join("\n"),
  );
});

test("what is written is read as it was", () => {
  const host = fc.constantFrom("a", "b.example", "10.0.0.1", "::1");
  const port = fc.integer({ min: 0, max: 65535 });
  const address = fc.record({ host, quorumPort: port, electionPort: port });
  const members = fc.uniqueArray(
    fc.record(
      {
        id: fc.bigInt(0n, 2n ** 63n - 1n).map(toServerId),
        addresses: fc.array(address, { minLength: 1, maxLength: 3 }),
        role: fc.constantFrom("participant" as const, "observer" as const),
        client: fc.record({ host, port }),
      },
      { requiredKeys: ["id", "addresses", "role"] },
    ),
    { selector: ({ id }) => id },
  );
  fc.assert(
    fc.property(members, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (list, version) => {
      const sorted = list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const ensemble = { members: sorted, groups: new Map(), weights: new Map(), version };
      deepEqual(
        JSON.stringify(view(read(describeEnsemble(ensemble)))),
        JSON.stringify(view(ensemble)),
      );
    }),
  );
});

const view = (ensemble: Ensemble): unknown => ({
  version: `${ensemble.version}`,
  members: ensemble.members.map(({ id, addresses, role, client }) => [
    `${id}`,
    addresses.map((a) => [a.host, a.quorumPort, a.electionPort]),
    role,
    client === undefined ? [] : [client.host, client.port],
  ]),
});
